import { wholeText } from '../../mail/mail-text.ts';
import type { Language } from '../language.ts';

const emptyMessage = '(empty message)';

const missingFile: Readonly<Record<Language, (name: string) => string>> = {
  en: (name) => `This attachment could not be fetched from Sweego: ${name}`,
  fr: (name) => `Cette pièce jointe n’a pas pu être récupérée auprès de Sweego : ${name}`,
};

/**
 * The text and the HTML of a mail; at least one is defined. Odoo shows the HTML if there is one, so HTML without visible
 * content is left out. Missing files are named at the beginning, where no HTML can hide the names.
 *
 * @param missing names of files that can no longer be fetched
 */
export function replyBody(
  mail: { text: string | undefined; html: string | undefined },
  missing: readonly string[],
  language: Language,
): { text: string | undefined; html: string | undefined } {
  const text = isBlank(mail.text ?? '') ? undefined : wholeText(mail.text ?? '');
  const html = showsNothing(mail.html ?? '') ? undefined : wholeText(mail.html ?? '');
  const notes = missing.map((name) => missingFile[language](wholeText(name)));
  const shown = text ?? (html === undefined ? emptyMessage : undefined);
  if (notes.length === 0) return { text: shown, html };
  return {
    text: shown === undefined ? undefined : `${notes.map((note) => `[${note}]`).join('\n')}\n\n${shown}`,
    html: html === undefined ? undefined : withNotes(html, notes),
  };
}

/** The notes come first. The document type is removed, because it may not follow them. */
function withNotes(html: string, notes: readonly string[]): string {
  const paragraphs = notes.map((note) => `<p><strong>[${escaped(note)}]</strong></p>`);
  return `<div>${paragraphs.join('')}</div>${html.replace(/^\s*<!doctype[^>]*>/i, '')}`;
}

/** Longer HTML counts as visible, because the check takes time that grows with the square of the length. */
const longestExamined = 20_000;

function showsNothing(html: string): boolean {
  if (html.length > longestExamined) return false;
  if (/<(?:img|svg|video|audio|hr|input|object|embed)\b/i.test(html)) return false;
  const shown = html
    .replace(/<!--.*?-->/gs, '')
    .replace(/<(style|script|head|title)\b.*?<\/\1\s*>/gis, '')
    .replace(/<[^>]*>/g, '')
    .replace(/&(?:nbsp|#160|#xa0|zwnj|#8203);/gi, '');
  return isBlank(shown);
}

function isBlank(text: string): boolean {
  return /^[\s\p{Cc}\u200B\u200C\uFEFF]*$/u.test(text);
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

import { wholeText } from '../../mail/mail-text.ts';
import type { Language } from '../language.ts';

const emptyMessage = '(empty message)';

const missingFile: Readonly<Record<Language, (name: string) => string>> = {
  en: (name) => `This attachment could not be fetched from Sweego: ${name}`,
  fr: (name) => `Cette pièce jointe n’a pas pu être récupérée auprès de Sweego : ${name}`,
};

/**
 * The texts of a mail, at least one of them: Odoo shows the HTML where there is one. HTML that shows nothing
 * does not hide a text. Files that are missing are named first, where nothing in the HTML can hide it.
 *
 * @param missing names of files that cannot be had any more
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

/** Before everything but the document type, which is dropped: it would stand in the middle. */
function withNotes(html: string, notes: readonly string[]): string {
  const paragraphs = notes.map((note) => `<p><strong>[${escaped(note)}]</strong></p>`);
  return `<div>${paragraphs.join('')}</div>${html.replace(/^\s*<!doctype[^>]*>/i, '')}`;
}

/** Long HTML is taken to show something: looking closely would take time that grows with its square. */
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

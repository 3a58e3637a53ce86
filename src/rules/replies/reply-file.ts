import { cutToBytes, oneLine } from '../../mail/mail-text.ts';

/** What file systems allow (255), less what a download may add. */
const longestNameBytes = 240;

const namesByType: Readonly<Record<string, string>> = {
  'text/calendar': 'invite.ics',
  'message/rfc822': 'message.eml',
  'application/ms-tnef': 'winmail.dat',
  'application/pdf': 'attachment.pdf',
};

/**
 * A file name without the folders of the sender's computer, of one line; never empty. A name that is too long
 * keeps its extension.
 */
export function fileName(written: string, contentType: string | undefined): string {
  const last = oneLine(written.split(/[/\\]/).at(-1) ?? '', 10_000);
  if (/^\.*$/.test(last)) return namesByType[bareType(contentType)] ?? 'attachment';
  if (Buffer.byteLength(last) <= longestNameBytes) return last;
  const extension = /\.[A-Za-z0-9]{1,16}$/.exec(last)?.[0] ?? '';
  return `${cutToBytes(last.slice(0, last.length - extension.length), longestNameBytes - extension.length)}${extension}`;
}

/**
 * The content type that a file is sent to Odoo with: its own where Odoo keeps the bytes, else
 * `application/octet-stream` (Odoo then finds the type by name and content).
 *
 * Odoo (mail.thread._message_parse_extract_payload) reads parts with Python's `get_content`. That decodes and
 * encodes `text/*` again, which alters a UTF-16 CSV or mislabelled XML; `message/*` is taken apart, and its
 * text replaces the mail's own; any main type but the four below ends the whole mail in a KeyError.
 */
export function fileContentType(written: string | undefined): string {
  const type = bareType(written);
  return /^(?:application|image|audio|video)\/[a-z0-9][a-z0-9.+_-]{0,120}$/.test(type)
    ? type
    : 'application/octet-stream';
}

function bareType(written: string | undefined): string {
  return (written ?? '').replace(/;.*$/s, '').trim().toLowerCase();
}

import { cutToBytes, oneLine } from '../../mail/mail-text.ts';

/** File systems allow 255 bytes, and a download may add some to the name. */
const longestNameBytes = 240;

const namesByType: Readonly<Record<string, string>> = {
  'text/calendar': 'invite.ics',
  'message/rfc822': 'message.eml',
  'application/ms-tnef': 'winmail.dat',
  'application/pdf': 'attachment.pdf',
};

/**
 * A file name on one line, without the folders of the sender's computer. It is never empty. A name that is too long keeps
 * its extension.
 */
export function fileName(written: string, contentType: string | undefined): string {
  const last = oneLine(written.split(/[/\\]/).at(-1) ?? '', 10_000);
  if (/^\.*$/.test(last)) return namesByType[bareType(contentType)] ?? 'attachment';
  if (Buffer.byteLength(last) <= longestNameBytes) return last;
  const extension = /\.[A-Za-z0-9]{1,16}$/.exec(last)?.[0] ?? '';
  return `${cutToBytes(last.slice(0, last.length - extension.length), longestNameBytes - extension.length)}${extension}`;
}

/**
 * The content type of a file in the mail to Odoo. It is the file's own type if Odoo then keeps the bytes, else
 * `application/octet-stream`; Odoo finds the type by name and content.
 *
 * Odoo (mail.thread._message_parse_extract_payload) reads parts with Python's `get_content`. This decodes and encodes
 * `text/*` again, which changes a UTF-16 CSV or XML with a wrong charset. It takes `message/*` apart, and its text replaces
 * the text of the mail. Any main type other than the four below makes the whole mail fail with a KeyError.
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

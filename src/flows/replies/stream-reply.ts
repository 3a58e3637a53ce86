import { Readable } from 'node:stream';
import MailComposer from 'nodemailer/lib/mail-composer';
import type { ReplyDescription } from '../../rules/replies/describe-reply.ts';

/**
 * The bytes of a described mail, pure ASCII with CRLF. Files are read piece by piece, so no file is in memory as a
 * whole. Every part is base64, so that no server on the way changes it. The same description gives the same bytes. Read
 * the stream to its end or destroy it, so that the files are closed.
 *
 * The stream fails with the error of a file's content.
 */
export function streamReply(description: ReplyDescription): Readable {
  const mail = new MailComposer({
    date: valueOf(description, 'Date'),
    headers: [{ key: 'Message-ID', value: { prepared: true, value: description.messageId } }],
    ...(description.text === undefined ? {} : { text: description.text }),
    ...(description.html === undefined ? {} : { html: description.html }),
    attachments: description.files.map(({ name, contentType, contentId, content }) => ({
      filename: name,
      contentType,
      contentTransferEncoding: 'base64',
      contentDisposition: contentId === undefined ? 'attachment' : 'inline',
      ...(contentId === undefined ? {} : { cid: contentId }),
      content: Readable.from(content(), { objectMode: false }),
    })),
    encoding: 'base64',
    newline: '\r\n',
    baseBoundary: description.messageId.replace(/[^A-Za-z0-9]/g, '').slice(0, 40),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  // The composer always encodes addresses in its own way, so it gets no header with addresses.
  const own = description.headers.filter(({ name }) => name !== 'Date' && name !== 'Message-ID');
  const head = own.map(({ name, value }) => `${name}: ${value}\r\n`).join('');
  const rest = mail.compile().createReadStream();
  return Readable.from(joined(head, rest), { objectMode: false });
}

/**
 * The whole mail as one text, as Odoo's API expects it. Memory holds it once, with one byte per character, because it is
 * ASCII.
 */
export async function collectReply(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += (chunk as Buffer).toString('latin1');
  return text;
}

async function* joined(head: string, rest: Readable): AsyncGenerator<Buffer> {
  yield Buffer.from(head, 'latin1');
  for await (const chunk of rest) yield chunk as Buffer;
}

function valueOf(description: ReplyDescription, name: string): string {
  return description.headers.find((header) => header.name === name)?.value ?? '';
}

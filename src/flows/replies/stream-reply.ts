import { Readable } from 'node:stream';
import MailComposer from 'nodemailer/lib/mail-composer';
import type { ReplyDescription } from '../../rules/replies/describe-reply.ts';

/**
 * The bytes of a described mail, pure ASCII with CRLF, file by file as they are read: no file is ever held
 * whole. Every part is base64, so that nothing on the way can alter it. The same description gives the same
 * bytes. What is not read to its end must be destroyed, which closes the files.
 *
 * The stream fails with whatever a file's content throws.
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
  // The composer encodes addresses in its own way, whatever it is told; so it is told of none.
  const own = description.headers.filter(({ name }) => name !== 'Date' && name !== 'Message-ID');
  const head = own.map(({ name, value }) => `${name}: ${value}\r\n`).join('');
  const rest = mail.compile().createReadStream();
  return Readable.from(joined(head, rest), { objectMode: false });
}

/**
 * The whole mail as one text, as Odoo's API takes it. It holds the mail once: one byte a character, since it
 * is ASCII.
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

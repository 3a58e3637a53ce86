import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { build, file, sha256 } from '../../support/mails/reply-sources.ts';

/** Runs Odoo's own gateway code with the Python of the chroot; needs no server and no database. */
const script = new URL('../../../config/real-odoo.sh', import.meta.url).pathname;
const program = readFileSync(new URL('../../programs/read_mails.py', import.meta.url), 'utf8');

type Read = {
  names: string[];
  addresses: Record<'From' | 'To' | 'Cc', string[]>;
  subject: string;
  message_id: string;
  in_reply_to: string;
  body: string;
  attachments: [name: string, sha256: string, contentId: string | null][];
};

async function readByOdoo(...messages: readonly string[]): Promise<Read[]> {
  const output = await new Promise<string>((resolve, reject) => {
    const child = execFile(script, ['python'], { maxBuffer: 64_000_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${stdout}${stderr}`, { cause: error }));
    });
    child.stdin?.on('error', () => undefined).end(`MAILS = ${JSON.stringify(messages)}\n${program}`);
  });
  return JSON.parse(output.slice(output.indexOf('READ') + 4)) as Read[];
}

it('Odoo reads exactly the intended senders, recipients, subjects and references', async () => {
  const inReplyTo = `<${'1763.1764042000.'.repeat(20)}openerp-7-sale.order@odoo.example.org>`;
  const name = 'Éléonore de la Tour d’Auvergne, du Château de la Roche (home) "x"';
  const subject = 'Réponse à la commande S00023, with many words 😀 =?utf-8?q?=41?= '.repeat(5).trim();
  const message = await build(
    {
      from: { name, address: 'ann@example.com' },
      to: [
        { name: 'Doe, Jo', address: 'jo@exämple.com' },
        { name: '=?utf-8?q?=41?=', address: 'x@example.com' },
      ],
      cc: [{ name: '', address: 'rené@example.com' }],
      subject,
    },
    { inReplyTo },
  );
  const [read] = await readByOdoo(message);
  expect(read).toMatchObject({
    addresses: {
      From: [`"${name.replaceAll('"', '\\"')}" <ann@example.com>`],
      To: ['"Doe, Jo" <jo@xn--exmple-cua.com>', '"=?utf-8?q?=41?=" <x@example.com>'],
      Cc: ['rené@example.com'],
    },
    subject,
    in_reply_to: inReplyTo,
    message_id: '<04-5b0cf6c2-6d55-44a1-8f31-7cfd9c26f1c5@sweego-odoo-bridge.invalid>',
  });
}, 60_000);

it('Odoo keeps every file byte for byte, and takes none of them for the text of the mail', async () => {
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('prix;été\r\n', 'utf16le')]);
  const bytes = [
    file('prices.csv', 'text/csv', utf16),
    file('data.xml', 'text/xml; charset=utf-8', Buffer.from('<?xml version="1.0"?><a>é</a>', 'latin1')),
    file('notes.txt', 'text/plain', 'a\u0000b\nc\rd\r\n.\r\n'),
    file('inner.eml', 'message/rfc822', 'Subject: inner\nContent-Type: text/html\n\n<p>inner</p>\n'),
    file('report.txt', 'message/delivery-status', 'Final-Recipient: rfc822; a@b.c\n'),
    file('invite.ics', 'text/calendar; method=REQUEST', 'BEGIN:VCALENDAR\r\nEND:VCALENDAR'),
    file('winmail.dat', 'application/ms-tnef', randomBytes(5_000)),
    file('font.woff2', 'font/woff2', randomBytes(100)),
    file('parts', 'multipart/mixed; boundary=x', '--x\n\ninner\n--x--'),
    file('star', '*/*', randomBytes(10)),
    file('a "quoted", name; x=y été 😀 日本.pdf', 'application/pdf', randomBytes(10)),
    file(`${'é😀'.repeat(30)}.pdf`, 'application/pdf', randomBytes(10)),
    file('=?utf-8?q?=41?=.pdf', 'application/pdf', randomBytes(10)),
    file("100%25 %41 it's.pdf", 'application/pdf', randomBytes(10)),
    file(`${'x'.repeat(200)}.pdf`, 'application/pdf', randomBytes(10)),
  ];
  const messages = await Promise.all([build({ files: bytes, html: '<p>Hi</p>' }), build({ files: bytes })]);
  const sent = await Promise.all(
    bytes.map(async ({ name, content }) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of content()) chunks.push(chunk);
      return [name, sha256(Buffer.concat(chunks)), null];
    }),
  );
  const read = await readByOdoo(...messages);
  for (const { attachments } of read) {
    expect(attachments.map(([name, hash]) => [name, hash, null])).toEqual(sent);
  }
  expect(read.map(({ body }) => body.trim())).toEqual(['<p>Hi</p>', '<pre>Thank you!\n</pre>']);
}, 60_000);

it('Odoo shows HTML, an inline image, the note about a missing file, or that the mail is empty', async () => {
  const image = file('image001.png', 'image/png', randomBytes(50));
  const html = '<!DOCTYPE html><html><body><p>Hi <img src="cid:image001.png@01DA"></p></body></html>';
  const [whole, alone, empty] = await readByOdoo(
    await build({ html, files: [image], missing: ['order <1>.pdf'] }),
    await build({ html: '<p>é</p>', text: undefined }),
    await build({ text: undefined, files: [file('invite.ics', 'text/calendar', 'BEGIN:VCALENDAR')] }),
  );
  const cid = whole?.attachments[0]?.[2];
  expect(whole?.attachments).toMatchObject([['image001.png', expect.any(String), cid]]);
  expect(whole?.body).toContain(`src="cid:${cid}"`);
  expect(whole?.body).toContain('could not be fetched from Sweego: order &lt;1&gt;.pdf');
  expect(whole?.body).toContain('<p>Hi ');
  expect(alone?.body.trim()).toBe('<p>é</p>');
  expect(empty?.body).toContain('(empty message)');
  expect(empty?.attachments).toHaveLength(1);
}, 60_000);

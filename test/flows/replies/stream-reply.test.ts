import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { collectReply, streamReply } from '../../../src/flows/replies/stream-reply.ts';
import { describeReply } from '../../../src/rules/replies/describe-reply.ts';
import { build, file, onOrder, plainReply, readBack, sha256 } from '../../support/mails/reply-sources.ts';

const headerNames = (message: string) =>
  [...(message.split('\r\n\r\n')[0] ?? '').matchAll(/^([A-Za-z-]+):/gm)].map((match) => match[1]);

describe('the mail for Odoo', () => {
  it('has exactly the intended headers, in ASCII with CRLF, and is the same at every attempt', async () => {
    const message = await build();
    expect(message.split('\r\n\r\n')[0]).toBe(
      [
        'From: Ann Example <ann@example.com>',
        'To: Ann Example <ann@example.com>',
        'Subject: Re: Order S00023',
        'In-Reply-To: <1@odoo.example.org>',
        'Content-Transfer-Encoding: base64',
        'Message-ID: <04-5b0cf6c2-6d55-44a1-8f31-7cfd9c26f1c5@sweego-odoo-bridge.invalid>',
        'Date: Wed, 04 Mar 2026 05:06:07 +0000',
        'MIME-Version: 1.0',
        'Content-Type: text/plain; charset=utf-8',
      ].join('\r\n'),
    );
    expect(await build()).toBe(message);
    expect(message).not.toMatch(/[^\r]\n|[^\n\x20-\x7e\r]/);
  });

  it('contains text and HTML in UTF-8, with any characters', async () => {
    const text = 'é œ € 😀 日本\r\nlast line without end';
    const mail = await readBack(await build({ text, html: `<p>${text}</p>` }));
    expect(mail.text).toBe(text.replace('\r\n', '\n'));
    expect(mail.html).toBe(`<p>${text}</p>`.replace('\r\n', '\n'));
  });

  it.each([
    ['HTML alone', { text: undefined, html: '<p>Hi</p>' }, '', '<p>Hi</p>'],
    ['HTML beside a blank text', { text: ' \n', html: '<p>Hi</p>' }, '', '<p>Hi</p>'],
    ['text alone', { text: 'Hi', html: undefined }, 'Hi', false],
    [
      'text beside HTML that shows nothing',
      { text: 'Hi', html: '<html><head><title>x</title></head><body>&nbsp;<br></body>' },
      'Hi',
      false,
    ],
    [
      'a picture alone',
      { text: undefined, html: '<img src="https://example.com/a.png">' },
      '',
      '<img src="https://example.com/a.png">',
    ],
    ['nothing at all', { text: undefined, html: undefined }, '(empty message)', false],
    ['blanks', { text: ' ', html: '<p> </p>' }, '(empty message)', false],
  ])('of %s shows its content', async (_what, body, text, html) => {
    const mail = await readBack(await build(body));
    expect([mail.text, mail.html]).toEqual([text, html]);
  });

  it('is marked as automatic when the sender’s mail was', async () => {
    const headers = new Map([['auto-submitted', ['Auto-Replied; x="y"\r\nBcc: a@b.c']]]);
    expect((await readBack(await build({ headers }))).headers.get('auto-submitted')).toBe('auto-replied');
    expect(headerNames(await build({ headers: new Map([['auto-submitted', ['no']]]) }))).not.toContain(
      'Auto-Submitted',
    );
  });
});

describe('its headers', () => {
  it('have an In-Reply-To of any length on one line, never as encoded words', async () => {
    const inReplyTo = `<${'1763.1764042000.'.repeat(20)}openerp-7-sale.order@odoo.example.org>`;
    const message = await build({}, { inReplyTo });
    expect(message).toContain(`\r\nIn-Reply-To: ${inReplyTo}\r\n`);
    expect(headerNames(await build({}, { inReplyTo: null }))).not.toContain('In-Reply-To');
  });

  it('leave out our reply addresses, aliases, catchall and duplicates, and keep the others', async () => {
    const to = ['Info@example.org', 'bob@example.com', 'BOB@example.com', 'REPLY%2B3233.0@reply.example.org'];
    const message = await build(
      {
        to: to.map((address) => ({ name: 'N', address })),
        cc: [
          { name: '', address: 'catchall@example.org' },
          { name: 'Jo', address: 'jo@example.com' },
        ],
      },
      { hide: ['info@example.org', 'catchall@example.org'] },
    );
    expect(message).toContain('\r\nTo: N <bob@example.com>\r\nCc: Jo <jo@example.com>\r\nSubject');
  });

  it('contain an alias that only the envelope had', async () => {
    const message = await build({}, { document: null, inReplyTo: null, deliveredTo: ['info@example.org'] });
    expect(message).toContain('\r\nDelivered-To: <info@example.org>\r\n');
  });

  it('have another Message-Id for a second posting of the same mail', async () => {
    const second = await build({}, { position: 1, document: { model: 'crm.lead', id: 9 } });
    expect(second).toContain(
      '<04-5b0cf6c2-6d55-44a1-8f31-7cfd9c26f1c5.9.crm.lead@sweego-odoo-bridge.invalid>',
    );
    const odd = await readBack(await build({ swgUid: 'a b\r\n<c>' }));
    expect(odd.messageId).toBe(`<${sha256('a b\r\n<c>')}@sweego-odoo-bridge.invalid>`);
  });

  it.each([
    ['Réponse à « été » 😀', 'Réponse à « été » 😀'],
    ['a line\r\nBcc: victim@example.com', 'a line Bcc: victim@example.com'],
    ['a \u2028 b \u0085 c \u0007', 'a b c'],
    ['=?utf-8?q?=41?=', '=?utf-8?q?=41?='],
    ['x'.repeat(500), 'x'.repeat(500)],
    ['é'.repeat(2000), 'é'.repeat(1000)],
    ['half \ud800 and NUL \u0000', 'half \uFFFD and NUL \uFFFD'],
    ['', ''],
  ])('return the subject %j as one line', async (subject, expected) => {
    const message = await build({ subject });
    expect((await readBack(message)).subject ?? '').toBe(expected);
    expect(headerNames(message)).not.toContain('Bcc');
    expect(Math.max(...message.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998);
  });

  it.each([
    ['Doe, "Ann" (home)', 'ann@example.com'],
    ['Éléonore de la Tour d’Auvergne du Château de la Roche', 'ann@example.com'],
    ['=?utf-8?q?=41?= <boss@example.com>', 'ann@example.com'],
    ['two\r\nBcc: victim@example.com', 'ann@example.com'],
    ['', 'ann+tag@example.com'],
    ['Ann', "o'brien_{x}@example.com"],
  ])('return the sender %j <%s> unchanged', async (name, address) => {
    const mail = await readBack(await build({ from: { name, address } }));
    expect(mail.from?.value).toEqual([{ name: name.replace('\r\n', ' '), address }]);
    expect(mail.bcc).toBeUndefined();
  });

  it.each(['ann', 'a@b@c', 'ann@exa(mple.com', 'a b@example.com', '@', 'ann@'])(
    'refuse the sender %j instead of correcting it',
    async (address) => {
      await expect(build({ from: { name: 'Ann', address } })).rejects.toMatchObject({
        code: 'REPLY_UNBUILDABLE',
        retry: 'never',
        scope: 'entry',
        message: expect.stringContaining('inbox show') as string,
      });
    },
  );

  it('never lose In-Reply-To silently, because an employee’s note would become public without it', async () => {
    await expect(build({}, { inReplyTo: '<é@odoo>' })).rejects.toMatchObject({ code: 'REPLY_UNBUILDABLE' });
  });
});

describe('attached files', () => {
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('prix;été\r\n', 'utf16le')]);
  const files = [
    file('prices.csv', 'text/csv', utf16),
    file('data.xml', 'text/xml; charset=utf-8', Buffer.from('<?xml version="1.0"?><a>é</a>', 'latin1')),
    file('notes.txt', 'text/plain', 'a\u0000b\nc\rd\r\n.\r\n'),
    file('forwarded.eml', 'message/rfc822', 'Subject: inner\nContent-Type: text/plain\n\nbody\n--_NmP-x\n'),
    file('invite.ics', 'text/calendar; method=REQUEST', 'BEGIN:VCALENDAR\r\nEND:VCALENDAR'),
    file('winmail.dat', 'application/ms-tnef', randomBytes(5_000)),
    file('empty', 'application/pdf', ''),
    file('font.woff2', 'font/woff2', randomBytes(100)),
    file('page.html', 'text/html', '<p>page</p>'),
    file('odd', 'nonsense', randomBytes(1)),
  ];

  it('arrive byte for byte, and none of them is taken for the text of the mail', async () => {
    const mail = await readBack(await build({ files, html: '<p>Hi</p>' }));
    const sent = await Promise.all(
      files.map(async ({ name, content }) => [name, sha256(await bytesOf(content()))]),
    );
    expect(mail.attachments.map(({ filename, content }) => [filename, sha256(content)])).toEqual(sent);
    expect([mail.text, mail.html]).toEqual(['Thank you!\n', '<p>Hi</p>']);
    const types = [...(await build({ files })).matchAll(/^Content-Type: ([^;\r]+)/gm)].map(
      ([, type]) => type,
    );
    expect([...new Set(types)].sort()).toEqual([
      'application/ms-tnef',
      'application/octet-stream',
      'application/pdf',
      'multipart/mixed',
      'text/plain',
    ]);
  });

  it('come with a text that mentions them when the mail has no other content', async () => {
    const only = [file('invite.ics', 'text/calendar', 'BEGIN:VCALENDAR')];
    const mail = await readBack(await build({ text: undefined, files: only }));
    expect(mail.text).toBe('(empty message)');
    expect(mail.attachments[0]?.content.toString()).toBe('BEGIN:VCALENDAR');
  });

  it.each([
    ['a "quoted", name; x=y.pdf', 'a "quoted", name; x=y.pdf'],
    ['été 😀 日本.pdf', 'été 😀 日本.pdf'],
    ['C:\\Users\\ann\\order.pdf', 'order.pdf'],
    ['../../etc/passwd', 'passwd'],
    ['a\r\nX-Evil: 1.pdf', 'a X-Evil: 1.pdf'],
    ['=?utf-8?q?=41?=.pdf', '=?utf-8?q?=41?=.pdf'],
    ['100%25 %41.pdf', '100%25 %41.pdf'],
    ["it's.pdf", "it's.pdf"],
    ['x'.repeat(300) + '.pdf', `${'x'.repeat(236)}.pdf`],
    ['é'.repeat(300) + '.pdf', `${'é'.repeat(118)}.pdf`],
    ['', 'attachment.pdf'],
    ['..', 'attachment.pdf'],
  ])('named %j arrive as %j', async (name, expected) => {
    const mail = await readBack(await build({ files: [file(name, 'application/pdf', 'x')] }));
    expect(mail.attachments.map(({ filename }) => filename)).toEqual([expected]);
    expect(headerNames(await build({ files: [file(name, 'application/pdf', 'x')] }))).not.toContain('X-Evil');
  });

  it('that no longer exist are named first, in text and HTML, without any markup of their names', async () => {
    const missing = ['<b>order.pdf', 'C:\\two.pdf'];
    const mail = await readBack(await build({ missing, html: '<!DOCTYPE html><p>Hi</p><!--' }));
    expect(mail.text).toBe(
      '[This attachment could not be fetched from Sweego: <b>order.pdf]\n' +
        '[This attachment could not be fetched from Sweego: two.pdf]\n\nThank you!\n',
    );
    expect(mail.html).toMatch(/^<div><p><strong>\[This .*: &lt;b&gt;order\.pdf\].*<p>Hi<\/p><!--$/s);
    const french = describeReply({ ...plainReply, missing, text: undefined }, onOrder, 'fr');
    expect(french.text).toContain('Cette pièce jointe n’a pas pu être récupérée auprès de Sweego : two.pdf');
    expect(french.text).toContain('(empty message)');
  });
});

describe('inline images', () => {
  const png = file('image001.png', 'image/png', randomBytes(50));

  it.each([
    ['by name, as Outlook writes it', '<img src="cid:image001.png@01DA1234.5678">', png],
    ['by name alone, unquoted and upper-case', '<img src=CID:IMAGE001.PNG>', png],
    [
      'by a percent-encoded name with a blank',
      "<img src='cid:my%20image.png@x'>",
      { ...png, name: 'my image.png' },
    ],
    ['by content id', '<img alt="" src="cid:abc@x">', { ...png, name: 'other.png', contentId: '<abc@x>' }],
  ])('are matched %s, and have a Content-ID and a file name', async (_how, html, image) => {
    const mail = await readBack(
      await build({ html, files: [image, file('order.pdf', 'application/pdf', 'x')] }),
    );
    const [inline, other] = mail.attachments;
    expect(mail.html).toContain(`src="cid:${inline?.cid}"`);
    expect(inline).toMatchObject({ filename: image.name, contentDisposition: 'inline', related: true });
    expect(other).toMatchObject({ filename: 'order.pdf', contentDisposition: 'attachment' });
  });

  it('without a file become a text, and every file stays attached', async () => {
    const mail = await readBack(
      await build({ html: '<p><img width=1 src="cid:gone.png@01DA"></p>', files: [png] }),
    );
    expect(mail.html).toBe('<p>[gone.png]</p>');
    expect(mail.attachments).toMatchObject([{ filename: 'image001.png', contentDisposition: 'attachment' }]);
  });

  it('do not change content ids that are part of the text', async () => {
    const html = '<p>write src=cid:image001.png</p><a href="cid:image001.png">x</a>';
    expect(
      (await readBack(await build({ html: `${html}<img src="cid:image001.png">`, files: [png] }))).html,
    ).toContain('<a href="cid:image001.png">x</a>');
  });
});

it('fails with the error of the file, and closes the files that it opened', async () => {
  let closed = 0;
  const fails = (at: number) => ({
    ...file('a', undefined, ''),
    async *content() {
      try {
        yield Buffer.alloc(10);
        if (at === 1) throw new Error('the disk is gone');
      } finally {
        closed += 1;
      }
    },
  });
  const description = describeReply({ ...plainReply, files: [fails(0), fails(1)] }, onOrder, 'en');
  await expect(collectReply(streamReply(description))).rejects.toThrow('the disk is gone');
  expect(closed).toBe(2);
});

async function bytesOf(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

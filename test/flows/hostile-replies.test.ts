import fc from 'fast-check';
import { expect, it } from 'vitest';
import { collectReply, streamReply } from '../../src/flows/build-reply.ts';
import { BridgeError } from '../../src/errors.ts';
import { oneLine } from '../../src/rules/mail-text.ts';
import { describeReply } from '../../src/rules/rfc5322.ts';
import { parseInboundMail } from '../../src/sweego/inbound-mail.ts';
import { conversationalFlow } from '../fixtures/inbound-mails.ts';
import { file, onOrder, readBack, sha256 } from '../support/reply-sources.ts';

/** HOSTILE_SECONDS=60 for a soak; 200 mails otherwise. */
const seconds = Number(process.env['HOSTILE_SECONDS'] ?? 0);
const amount =
  seconds > 0 ? { numRuns: 1_000_000, interruptAfterTimeLimit: seconds * 1000 } : { numRuns: 200 };

const allowedHeaders = [
  'auto-submitted',
  'cc',
  'content-transfer-encoding',
  'content-type',
  'date',
  'from',
  'in-reply-to',
  'message-id',
  'mime-version',
  'subject',
  'to',
];

const fragment = fc.oneof(
  fc.constantFrom(
    '\r\nBcc: victim@example.com\r\n',
    '\n\nbody',
    '\r',
    '\u0000',
    '\ud800',
    '\udfff',
    '\u2028',
    '\u0085',
    '=?utf-8?q?=0D=0ABcc:_x@y.z?=',
    '=?utf-8?b?',
    '?=',
    '"',
    '\\',
    '<',
    '>',
    ',',
    ';',
    '(',
    '@',
    ' ',
    '\t',
    '--_NmP-',
    'cid:',
    '<img src="cid:a.png">',
    '<!--',
    '../',
    '%00',
    '%E9',
    'é',
    '😀',
    '\u202e',
    'x'.repeat(300),
    'é'.repeat(1000),
    'ann@example.com',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const text = fc.oneof(
  fragment,
  fc.array(fragment, { maxLength: 8 }).map((parts) => parts.join('')),
);
const address = fc.oneof(text, fc.constantFrom('ann@example.com', 'rené@exämple.com', '"a b"@example.com'));
const mailbox = fc.oneof(
  fc.record({ email: address, name: text }, { requiredKeys: [] }),
  address,
  fc.jsonValue({ maxDepth: 1 }),
);
const announced = fc.oneof(
  fc.record(
    { name: text, content_type: text, uuid: text, size: fc.jsonValue(), content_id: text },
    { requiredKeys: [] },
  ),
  fc.record({ filename: text, url: text }, { requiredKeys: [] }),
  fc.jsonValue({ maxDepth: 1 }),
);
const header = fc.oneof(text, fc.array(text, { maxLength: 3 }), fc.integer(), fc.constant(null));
const payload = fc.record(
  {
    swg_uid: fc.oneof(text, fc.constant('04-1'), fc.integer()),
    timestamp: fc.oneof(text, fc.constant('2026-01-02T03:04:05.123456+00:00')),
    from_: fc.oneof(
      { arbitrary: mailbox, weight: 1 },
      { arbitrary: fc.record({ email: fc.constant('ann@example.com'), name: text }), weight: 3 },
    ),
    to: fc.oneof(mailbox, fc.array(mailbox, { maxLength: 4 })),
    cc: fc.oneof(mailbox, fc.array(mailbox, { maxLength: 4 })),
    subject: fc.oneof(text, fc.jsonValue({ maxDepth: 1 })),
    text: fc.oneof(text, fc.constant(null), fc.jsonValue({ maxDepth: 1 })),
    html: fc.oneof(text, fc.constant(null), fc.jsonValue({ maxDepth: 1 })),
    headers: fc.oneof(
      fc.dictionary(fc.constantFrom('auto-submitted', 'in-reply-to', 'x-mailer', '__proto__'), header),
      fc.jsonValue({ maxDepth: 1 }),
    ),
    attachments: fc.oneof(fc.array(announced, { maxLength: 4 }), fc.jsonValue({ maxDepth: 1 })),
  },
  { requiredKeys: [] },
);
const contents = fc.uint8Array({ maxLength: 200 });

it(
  'whatever a mail holds, it is refused with a code, or what Odoo gets parses to exactly the headers meant',
  async () => {
    let built = 0;
    await fc.assert(
      fc.asyncProperty(payload, contents, text, async (changes, bytes, missing) => {
        const raw = Buffer.from(JSON.stringify({ ...conversationalFlow, ...changes }));
        try {
          const mail = parseInboundMail(raw);
          const files = mail.attachments.map(({ name, contentType }) => file(name, contentType, bytes));
          const source = { ...mail, date: mail.timestamp ?? new Date(0), files, missing: [missing] };
          const description = describeReply(source, onOrder, 'en');
          const message = await collectReply(streamReply(description));
          expect(message).not.toMatch(/[^\r]\n|\r[^\n]|[^\t\n\r\x20-\x7e]/);
          const back = await readBack(message);
          const names = back.headerLines.map(({ key }) => key).sort();
          expect(
            names.filter((name, at) => !allowedHeaders.includes(name) || names[at + 1] === name),
          ).toEqual([]);
          expect(back.messageId).toBe(description.messageId);
          expect(back.inReplyTo).toBe(onOrder.inReplyTo);
          expect(back.subject ?? '').toBe(oneLine(mail.subject, 2_000));
          expect(back.from?.value).toHaveLength(1);
          expect(back.from?.value[0]?.name).toBe(oneLine(mail.from.name, 690));
          expect(back.attachments.map(({ content }) => sha256(content))).toEqual(
            files.map(() => sha256(bytes)),
          );
          expect(back.attachments.map(({ filename }) => filename)).toEqual(
            description.files.map(({ name }) => name),
          );
          built += 1;
        } catch (error) {
          if (!(error instanceof BridgeError)) throw error;
          expect(['SWEEGO_MAIL_UNREADABLE', 'REPLY_UNBUILDABLE']).toContain(error.code);
        }
      }),
      amount,
    );
    expect(built).toBeGreaterThan(20);
  },
  Math.max(60_000, seconds * 1500),
);

it.each([
  ['openings of comments', '<!--'],
  ['unclosed images', '<img '],
  ['sources', '<img src="cid:a.png">'],
  ['unclosed sources', 'src="cid:'],
  ['blanks', ' '],
])('a megabyte of %s in the HTML does not hold the others up', (_what, unit) => {
  const html = unit.repeat(1_000_000 / unit.length);
  const names = Array.from({ length: 1000 }, (_, at) => file(`${at}.png`, 'image/png', ''));
  const mail = { ...parseInboundMail(Buffer.from(JSON.stringify(conversationalFlow))), html };
  const begin = performance.now();
  describeReply({ ...mail, date: new Date(0), files: names, missing: [] }, onOrder, 'en');
  expect(performance.now() - begin).toBeLessThan(2_000);
});

it.each([
  ['blanks in an address', `<${' '.repeat(1_000_000)}`],
  ['escaped quotes', '"'.concat('\\"'.repeat(500_000))],
  ['brackets', '<'.repeat(1_000_000)],
  ['commas', ','.repeat(1_000_000)],
])('a megabyte of %s does not hold the others up', (_what, to) => {
  const begin = performance.now();
  parseInboundMail(Buffer.from(JSON.stringify({ ...conversationalFlow, to, cc: { email: to, name: to } })));
  expect(performance.now() - begin).toBeLessThan(2_000);
});

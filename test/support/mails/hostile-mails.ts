import fc from 'fast-check';
import { anyCharacter } from '../any-character.ts';

/** Set HOSTILE_SECONDS=60 for a soak. Without it the tests use 200 mails. */
export const hostileSeconds = Number(process.env['HOSTILE_SECONDS'] ?? 0);
export const hostileAmount =
  hostileSeconds > 0
    ? { numRuns: 1_000_000, interruptAfterTimeLimit: hostileSeconds * 1000 }
    : { numRuns: 200 };

/** The only headers that a mail for Odoo may have. */
export const allowedHeaders = [
  'auto-submitted',
  'cc',
  'content-transfer-encoding',
  'content-type',
  'date',
  'delivered-to',
  'from',
  'in-reply-to',
  'message-id',
  'mime-version',
  'subject',
  'to',
];

const hostilePiece = fc.oneof(
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
  fc.string({ unit: anyCharacter, maxLength: 20 }),
);
export const hostileText = fc.oneof(
  hostilePiece,
  fc.array(hostilePiece, { maxLength: 8 }).map((parts) => parts.join('')),
);
const address = fc.oneof(
  hostileText,
  fc.constantFrom('ann@example.com', 'rené@exämple.com', '"a b"@example.com'),
);
const mailbox = fc.oneof(
  fc.record({ email: address, name: hostileText }, { requiredKeys: [] }),
  address,
  fc.jsonValue({ maxDepth: 1 }),
);
const announced = fc.oneof(
  fc.record(
    {
      name: hostileText,
      content_type: hostileText,
      uuid: hostileText,
      size: fc.jsonValue(),
      content_id: hostileText,
    },
    { requiredKeys: [] },
  ),
  fc.record({ filename: hostileText, url: hostileText }, { requiredKeys: [] }),
  fc.jsonValue({ maxDepth: 1 }),
);
const header = fc.oneof(
  hostileText,
  fc.array(hostileText, { maxLength: 3 }),
  fc.integer(),
  fc.constant(null),
);
const hostileHeaderNames = [
  'auto-submitted',
  'in-reply-to',
  'references',
  'x-mailer',
  'x-message-id',
  'x-zone-loop',
  '__proto__',
];
/** A webhook of a mail with hostile or wrong values. */
export const hostilePayload = fc.record(
  {
    swg_uid: fc.oneof(hostileText, fc.constant('04-1'), fc.integer()),
    timestamp: fc.oneof(hostileText, fc.constant('2026-01-02T03:04:05.123456+00:00')),
    from_: fc.oneof(
      { arbitrary: mailbox, weight: 1 },
      { arbitrary: fc.record({ email: fc.constant('ann@example.com'), name: hostileText }), weight: 3 },
    ),
    to: fc.oneof(mailbox, fc.array(mailbox, { maxLength: 4 })),
    cc: fc.oneof(mailbox, fc.array(mailbox, { maxLength: 4 })),
    subject: fc.oneof(hostileText, fc.jsonValue({ maxDepth: 1 })),
    text: fc.oneof(hostileText, fc.constant(null), fc.jsonValue({ maxDepth: 1 })),
    html: fc.oneof(hostileText, fc.constant(null), fc.jsonValue({ maxDepth: 1 })),
    headers: fc.oneof(
      fc.dictionary(fc.constantFrom(...hostileHeaderNames), header),
      fc.jsonValue({ maxDepth: 1 }),
    ),
    attachments: fc.oneof(fc.array(announced, { maxLength: 4 }), fc.jsonValue({ maxDepth: 1 })),
  },
  { requiredKeys: [] },
);
export const hostileContents = fc.uint8Array({ maxLength: 200 });

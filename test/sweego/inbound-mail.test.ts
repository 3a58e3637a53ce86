import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BridgeError } from '../../src/errors.ts';
import { parseInboundMail } from '../../src/sweego/inbound-mail.ts';
import { conversationalFlow, setupInbound } from '../fixtures/inbound-mails.ts';

const parse = (mail: unknown) => parseInboundMail(Buffer.from(JSON.stringify(mail)));
const changed = (changes: Readonly<Record<string, unknown>>) => parse({ ...setupInbound, ...changes });
const reply = 'reply+32332d73616c652e6f72646572.01ef5c88@reply.example.org';

describe('a mail as Sweego documents it', () => {
  it('is read in the older form: no headers, attachments by uuid', () => {
    expect(parse(setupInbound)).toEqual({
      swgUid: '04-5b0cf6c2-6d55-44a1-8f31-7cfd9c26f1c5',
      timestamp: new Date('2024-12-02T09:14:09.416Z'),
      from: { name: 'Ann Example', address: 'ann@example.com' },
      to: [{ name: '', address: reply }],
      cc: [],
      subject: 'Re: Order S00023',
      text: 'Thank you!\n',
      html: undefined,
      headers: new Map(),
      attachments: [
        {
          name: 'order.pdf',
          contentType: 'application/pdf',
          contentId: undefined,
          location: { uuid: '0f3d9a34-6c0b-4f64-8e0b-2f9f3f4f6f11' },
        },
      ],
    });
  });

  it('is read in the newer form: one header, attachments by URL', () => {
    const mail = parse(conversationalFlow);
    expect(mail.html).toBe('<p>Thank you!</p>');
    expect(mail.headers.get('in-reply-to')).toEqual([
      '<1724142530.0c8c.1916ee7307c0008de7@mail.example.org>',
    ]);
    expect(mail.attachments[0]).toMatchObject({
      name: 'order.pdf',
      location: { url: 'https://files.sweego.io/inbound/order.pdf' },
    });
  });
});

describe('headers', () => {
  it('are read from lists, texts and numbers, folded and encoded, under names in any case', () => {
    const { headers } = changed({
      headers: {
        'X-Mailer': ['Sweego'],
        'x-zone-loop': '9ec0',
        'x-email-id': 23,
        'In-Reply-To': '\r\n =?utf-8?q?=3C1=40host=3E?=',
        references: ['<a@b>\r\n <c@d>', '<e@f>'],
      },
    });
    expect(headers.get('x-mailer')).toEqual(['Sweego']);
    expect(headers.get('x-zone-loop')).toEqual(['9ec0']);
    expect(headers.get('x-email-id')).toEqual(['23']);
    expect(headers.get('in-reply-to')).toEqual(['<1@host>']);
    expect(headers.get('references')).toEqual(['<a@b> <c@d>', '<e@f>']);
  });

  it('at the top level count when the object lacks them', () => {
    const topLevel = { in_reply_to: '<top@host>', references: ['<r@host>'] };
    expect(changed(topLevel).headers.get('in-reply-to')).toEqual(['<top@host>']);
    expect(changed(topLevel).headers.get('references')).toEqual(['<r@host>']);
    const both = changed({ ...topLevel, headers: { 'in-reply-to': '<inner@host>' } });
    expect(both.headers.get('in-reply-to')).toEqual(['<inner@host>']);
  });

  it.each([[undefined], [null], [[]], [{}], ['x'], [7]])(
    '%j counts as no headers, and the mail is kept',
    (headers) => {
      expect(changed({ headers }).headers.size).toBe(0);
    },
  );
});

describe('addresses', () => {
  it.each([
    [
      { email: 'ann@example.com', name: '=?utf-8?q?Ren=C3=A9e?=' },
      { name: 'Renée', address: 'ann@example.com' },
    ],
    [{ email: ' Ann@Example.com ' }, { name: '', address: 'Ann@Example.com' }],
    [
      { email: '"Doe, Ann" <ann@example.com>', name: null },
      { name: 'Doe, Ann', address: 'ann@example.com' },
    ],
    ['ann@example.com', { name: '', address: 'ann@example.com' }],
    ['Ann <ann@example.com>', { name: 'Ann', address: 'ann@example.com' }],
    [[{ email: 'ann@example.com', name: 'Ann' }], { name: 'Ann', address: 'ann@example.com' }],
  ])('the sender %j is %j', (from_, expected) => {
    expect(changed({ from_ }).from).toEqual(expected);
  });

  it('the sender is read from `from` and from the headers too', () => {
    expect(changed({ from_: null, from: { email: 'ann@example.com' } }).from.address).toBe('ann@example.com');
    const headers = { from: ['Ann <ann@example.com>'] };
    expect(changed({ from_: {}, headers }).from).toEqual({ name: 'Ann', address: 'ann@example.com' });
  });

  it('recipients are read from objects, texts and lists; values without an address are left out', () => {
    const to = ['Bob <bob@example.com>, "Doe, Jo" <jo@example.com>', { email: 'a@example.com' }, 7, null, {}];
    expect(changed({ to }).to.map(({ address }) => address)).toEqual([
      'bob@example.com',
      'jo@example.com',
      'a@example.com',
    ]);
    expect(changed({ to: null, cc: 'bob@example.com' })).toMatchObject({ to: [], cc: [{ name: '' }] });
  });
});

describe('a damaged or missing field', () => {
  it('does not affect the others', () => {
    const mail = changed({
      timestamp: 'soon',
      subject: ['two', 'subjects'],
      text: 17,
      html: { a: 1 },
      cc: 'nobody',
      attachments: { name: 'one.pdf' },
    });
    expect(mail).toMatchObject({
      timestamp: undefined,
      subject: 'two',
      text: undefined,
      html: undefined,
      cc: [],
      attachments: [{ name: 'one.pdf', location: undefined }],
    });
  });

  it('an attachment of an unknown type still counts as one, so that its loss is visible', () => {
    const { attachments } = changed({ attachments: ['file.pdf', null, { filename: 'a', size: -1 }] });
    expect(attachments).toHaveLength(3);
    expect(attachments.every(({ location }) => location === undefined)).toBe(true);
    for (const none of [null, undefined, [], '', false]) {
      expect(changed({ attachments: none }).attachments).toEqual([]);
    }
  });

  it('holds U+FFFD instead of NUL and halves of surrogate pairs, and everything else is kept', () => {
    const mail = changed({
      text: 'a\u0000\ud83d b 😀 é',
      subject: 'x\udc00y',
      from_: { email: 'a@b.c', name: '\ud800' },
    });
    expect(mail).toMatchObject({
      text: 'a\uFFFD\uFFFD b 😀 é',
      subject: 'x\uFFFDy',
      from: { name: '\uFFFD' },
    });
  });

  it('the event id identifies the mail when swg_uid is missing', () => {
    expect(changed({ swg_uid: '' }).swgUid).toBe(setupInbound['event_id']);
  });

  it.each([
    ['{}', 'swg_uid'],
    [JSON.stringify({ ...setupInbound, swg_uid: null, event_id: [] }), 'swg_uid'],
    [JSON.stringify({ ...setupInbound, from_: { name: 'Ann', email: '' } }), 'from_'],
    [JSON.stringify({ ...setupInbound, from_: undefined }), 'from_'],
    [JSON.stringify({ ...setupInbound, event_type: 'delivered' }), 'event_type'],
    ['not json', 'body'],
    ['null', 'body'],
    ['[]', 'body'],
    ['"text"', 'body'],
  ])('%s is refused with the name of the field %s and a fix', (body, field) => {
    const error = refusalOf(Buffer.from(body));
    expect(error).toMatchObject({
      code: 'SWEEGO_MAIL_UNREADABLE',
      retry: 'never',
      scope: 'entry',
      details: { field },
    });
    expect(error.message).toContain('sweego-odoo-bridge inbox show');
  });

  it('causes no other error, and every mail has a sender and an id', () => {
    const field = fc.constantFrom(...Object.keys(setupInbound), 'headers', 'references', '__proto__', 'from');
    const hostile = fc.oneof(
      fc.json(),
      fc.string(),
      fc.dictionary(field, fc.jsonValue()).map((changes) => JSON.stringify({ ...setupInbound, ...changes })),
      fc.constant(`{"swg_uid":"1","from_":${'['.repeat(9000)}${']'.repeat(9000)}}`),
    );
    fc.assert(
      fc.property(hostile, (body) => {
        try {
          const mail = parseInboundMail(Buffer.from(body));
          expect(mail.from.address).toContain('@');
          expect(mail.swgUid).not.toBe('');
        } catch (error) {
          if (!(error instanceof BridgeError)) throw error;
          expect(error.code).toBe('SWEEGO_MAIL_UNREADABLE');
        }
      }),
    );
  });
});

function refusalOf(body: Uint8Array): BridgeError {
  try {
    parseInboundMail(body);
  } catch (error) {
    if (error instanceof BridgeError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

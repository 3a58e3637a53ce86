import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BridgeError } from '../../src/errors.ts';
import { normaliseEventType, parseOutboundEvent } from '../../src/sweego/outbound-event.ts';
import { documentedEvents, timestampShapes } from '../fixtures/outbound-events.ts';
import { symfonyDelivered } from '../fixtures/signed-requests.ts';

const parse = (event: unknown) => parseOutboundEvent(Buffer.from(JSON.stringify(event)));
const delivered = documentedEvents[1] ?? {};

describe('every documented event', () => {
  for (const event of documentedEvents) {
    const type = String(event['event_type']);
    it.each(timestampShapes)(`${type} with a time $shape is read`, ({ timestamp, instant }) => {
      const parsed = parse({ ...event, timestamp });
      expect(parsed).toMatchObject({
        channel: 'email',
        swgUid: '01-68d20f85-253e-4986-b7f0-0e4229df4d61',
        eventId: '88eaff9a-5087-47d9-afdd-6eeaddfb11ae',
        transactionId: '861aad97-e4e8-4aaf-9322-1b64835760b9',
        recipient: 'customer@example.com',
        messageIdHeader: '<1763.1764042000.123-openerp-7-sale.order@odoo.example.org>',
      });
      expect(parsed.timestamp?.toISOString()).toBe(instant);
      expect(parsed.headers.get('x-email-id')).toBe('23');
    });
  }

  it("Symfony's signed fixture is read, although it has no transaction_id and no details", () => {
    expect(parseOutboundEvent(Buffer.from(symfonyDelivered.body))).toMatchObject({
      type: 'delivered',
      transactionId: 'd4fbec9d-eed9-44d5-af47-c1126467a5ca',
      messageIdHeader: undefined,
      details: undefined,
      wireMessageId: undefined,
    });
  });
});

describe('the type', () => {
  it.each([
    ['soft-bounce', 'soft_bounce'],
    ['soft_bounce', 'soft_bounce'],
    ['hard-bounce', 'hard_bounce'],
    ['hard_bounce', 'hard_bounce'],
    ['Hard bounce', 'hard_bounce'],
    ['clicked-unsub', 'clicked_unsub'],
    ['something-new', 'something_new'],
  ])('%s is %s', (written, type) => {
    expect(normaliseEventType(written)).toBe(type);
    expect(parse({ ...delivered, event_type: written })).toMatchObject({ type });
  });
});

describe('correlation', () => {
  it('reads the Message-Id from x-odoo-message-id when x-message-id is missing, encoded or not', () => {
    const headers = {
      'X-Odoo-Message-Id': '=?utf-8?q?=3C1763=2E5-openerp-7-sale=2Eorder?= =?utf-8?q?=40host=3E?=',
    };
    expect(parse({ ...delivered, headers }).messageIdHeader).toBe('<1763.5-openerp-7-sale.order@host>');
    const both = { ...headers, 'x-message-id': ['<ours@host>'] };
    expect(parse({ ...delivered, headers: both }).messageIdHeader).toBe('<ours@host>');
  });

  it('reads the wire id from x-swg-bid, else from the SMTP line, never from the reply in it', () => {
    const wireMessageId = '<1724142530.0c8c.1916ee7307c0008de7@mail.example.org>';
    for (const event of documentedEvents.filter(({ details }) => details !== undefined)) {
      expect(parse(event).wireMessageId).toBe(wireMessageId);
    }
    const foreign = 'info Sender/pool id=fh3 REJECTED[other] to=a@b (550 see id=<1a@mx.example.com>)';
    expect(parse({ ...delivered, details: foreign }).wireMessageId).toBeUndefined();
  });

  it('prefers the top-level swg_uid and falls back to the header', () => {
    const headers = { 'x-swg-uid': '01-header' };
    expect(parse({ ...delivered, headers }).swgUid).toBe('01-68d20f85-253e-4986-b7f0-0e4229df4d61');
    expect(parse({ ...delivered, headers, swg_uid: null }).swgUid).toBe('01-header');
  });
});

describe('fields that vary', () => {
  it.each([[null], [undefined], [[]], [{}]])('headers %j are no headers', (headers) => {
    expect(parse({ ...delivered, headers }).headers.size).toBe(0);
  });

  it.each([
    [550, 550],
    ['550', 550],
    ['451 4.7.652', 451],
    [null, undefined],
    ['', undefined],
    [-1, undefined],
    [5501, undefined],
    [{}, undefined],
  ])('response_code %j is %j', (response_code, expected) => {
    expect(parse({ ...delivered, response_code }).responseCode).toBe(expected);
  });

  it('an unreadable time, detail or code does not make the event unreadable', () => {
    const event = { ...delivered, timestamp: 'soon', details: { line: 1 }, response_code: [] };
    expect(parse(event)).toMatchObject({ type: 'delivered', timestamp: undefined, details: undefined });
  });

  it('a byte order mark is ignored, and an event with broken UTF-8 is kept', () => {
    const json = JSON.stringify(delivered);
    expect(parseOutboundEvent(Buffer.from(`\uFEFF${json}`)).type).toBe('delivered');
    const broken = Buffer.concat([
      Buffer.from(`${json.slice(0, -1)},"subject":"R`),
      Buffer.from([0xe9]),
      Buffer.from('ponse"}'),
    ]);
    expect(parseOutboundEvent(broken).type).toBe('delivered');
  });
});

describe('a body without an event', () => {
  it.each([
    ['{}', 'event_type'],
    ['{"event_type":""}', 'event_type'],
    ['{"event_type":{}}', 'event_type'],
    ['{"event_type":"delivered","recipient":["a@example.com"]}', 'recipient'],
    ['{"event_type":"delivered","headers":"x"}', 'headers'],
    ['{"event_type":"delivered","swg_uid":true}', 'swg_uid'],
    ['not json', 'body'],
    ['', 'body'],
    ['null', 'body'],
    ['"text"', 'body'],
    ['[{"event_type":"delivered"}]', 'body'],
  ])('%s is refused with the name of the field %s and a fix', (body, field) => {
    const error = refusalOf(Buffer.from(body));
    expect(error).toMatchObject({
      code: 'SWEEGO_EVENT_UNREADABLE',
      retry: 'never',
      scope: 'entry',
      details: { field },
    });
    expect(error.message).toContain(`cannot be read: ${field} `);
    expect(error.message).toContain('sweego-odoo-bridge inbox show');
  });

  it('causes no other error, and no error quotes it', () => {
    const field = fc.constantFrom(
      ...Object.keys(delivered),
      'headers',
      'timestamp',
      '__proto__',
      'constructor',
    );
    const hostile = fc.oneof(
      fc.json(),
      fc.string(),
      fc.dictionary(field, fc.jsonValue()).map((changes) => JSON.stringify({ ...delivered, ...changes })),
      fc.constant('['.repeat(100_000)),
      fc.constant(`{"event_type":"delivered","headers":{"a":${'['.repeat(9000)}${']'.repeat(9000)}}}`),
    );
    fc.assert(
      fc.property(hostile, (body) => {
        try {
          expect(parseOutboundEvent(Buffer.from(body)).type).not.toBe('');
        } catch (error) {
          if (!(error instanceof BridgeError)) throw error;
          expect(error.code).toBe('SWEEGO_EVENT_UNREADABLE');
          expect(error.cause).toBeUndefined();
        }
      }),
    );
  });
});

function refusalOf(body: Uint8Array): BridgeError {
  try {
    parseOutboundEvent(body);
  } catch (error) {
    if (error instanceof BridgeError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

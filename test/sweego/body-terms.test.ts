import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { termsOf } from '../../src/sweego/body-terms.ts';
import { describeBody } from '../../src/sweego/describe-body.ts';
import { documentedEvents } from '../fixtures/outbound-events.ts';

const odooId = '<1763.1764042000.123-openerp-7-sale.order@odoo.example.org>';

it('a reply is found by its id in Sweego’s log, and an event is not', () => {
  expect(termsOf('inbound', { swg_uid: ' 04-1 ' })).toEqual(['swg-uid:04-1']);
  expect(termsOf('inbound', { swg_uid: '' })).toEqual([]);
  expect(termsOf('outbound', { swg_uid: '01-1' })).toEqual([]);
});

describe('an event is found by', () => {
  it.each(documentedEvents)('its recipient and Odoo’s Message-Id: $event_type', (event) => {
    expect(termsOf('outbound', event)).toEqual(['address:customer@example.com', `message-id:${odooId}`]);
  });

  it('its recipient in any spelling', () => {
    expect(termsOf('outbound', { recipient: ' "Ann, Buyer" <Ann@Example.COM> ' })).toEqual([
      'address:ann@example.com',
    ]);
  });

  it('a Message-Id that came as encoded words, folded, or without brackets', () => {
    const encoded =
      '=?utf-8?q?=3C1763=2E1764042000=2E123-openerp-7-?=\r\n =?utf-8?q?sale=2Eorder=40odoo=2Eexample=2Eorg=3E?=';
    for (const value of [encoded, `\r\n ${odooId}`, odooId.slice(1, -1), [odooId]]) {
      expect(termsOf('outbound', { headers: { 'X-Message-Id': value } })).toEqual([`message-id:${odooId}`]);
    }
  });

  it('Odoo’s second header, and a log row by its own field for the recipient', () => {
    const row = { email_to: 'Ann <ann@example.com>', headers: { 'x-odoo-message-id': odooId } };
    expect(termsOf('log', row)).toEqual(['address:ann@example.com', `message-id:${odooId}`]);
  });
});

describe('a reply is found by', () => {
  const reply = {
    event_type: 'email_inbound',
    from_: { email: 'Ann@example.com', name: 'bob@example.com in a name' },
    to: [{ email: 'reply+1@mail.example.org', name: '' }, 'Sales <sales@mail.example.org>, ann@example.com'],
    cc: { email: 'carl@example.com' },
    headers: { 'in-reply-to': ['<a@x>'], references: '<b@x>\r\n <a@x>\t<c@x>' },
  };

  it('its sender, recipients and copies, each once, and every message that it answers', () => {
    expect(termsOf('inbound', reply)).toEqual([
      'address:ann@example.com',
      'address:reply+1@mail.example.org',
      'address:sales@mail.example.org',
      'address:carl@example.com',
      'message-id:<a@x>',
      'message-id:<b@x>',
      'message-id:<c@x>',
    ]);
  });

  it('its addresses alone when it refers to no message', () => {
    expect(termsOf('inbound', { ...reply, headers: undefined }).at(-1)).toBe('address:carl@example.com');
  });
});

describe('the terms of a body', () => {
  it('are those of each element of a list', () => {
    const body = JSON.stringify([{ recipient: 'ann@example.com' }, 42, { recipient: 'bob@example.com' }]);
    const described = describeBody({ kind: 'outbound', requestKey: 'w', body: Buffer.from(body) });
    expect(described.kind === 'elements' && described.elements.map(({ terms }) => terms)).toEqual([
      ['address:ann@example.com'],
      [],
      ['address:bob@example.com'],
    ]);
  });

  it('are limited and quickly read in the most hostile reply', () => {
    const to = Array.from({ length: 50_000 }, (_, index) => ({ email: `a${index}@example.com` }));
    const hostile = { to, cc: '"\\'.repeat(5_000_000), headers: { references: '=?'.repeat(5_000_000) } };
    const started = performance.now();
    expect(termsOf('inbound', hostile)).toHaveLength(1000);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('are read without an error from fields with any content', () => {
    const fields = fc.record({
      recipient: fc.jsonValue(),
      from_: fc.jsonValue(),
      to: fc.jsonValue(),
      headers: fc.oneof(
        fc.jsonValue(),
        fc.record({ 'x-message-id': fc.jsonValue(), references: fc.jsonValue() }),
      ),
    });
    fc.assert(
      fc.property(fc.constantFrom('outbound' as const, 'inbound' as const), fields, (kind, element) => {
        for (const term of termsOf(kind, element)) expect(term).toMatch(/^(address|message-id):./);
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { readEventMeaning } from '../../../src/rules/delivery/event-meaning.ts';
import type { OutboundEvent } from '../../../src/sweego/outbound-event.ts';

function facts(changes: Partial<OutboundEvent> = {}): OutboundEvent {
  return {
    type: 'delivered',
    channel: 'email',
    timestamp: new Date('2026-11-01T10:00:00.987Z'),
    swgUid: '01-a',
    eventId: 'e1',
    transactionId: undefined,
    recipient: 'Jane@Example.com',
    messageIdHeader: '<1@example.com>',
    headers: new Map(),
    responseCode: undefined,
    details: undefined,
    wireMessageId: undefined,
    ...changes,
  };
}

describe('what an event means', () => {
  it('names the normalised recipient and Message-Id, and the time to the second', () => {
    expect(readEventMeaning(facts({ messageIdHeader: ' 1@example.com\r\n ' }))).toMatchObject({
      kind: 'message',
      messageId: '<1@example.com>',
      event: { recipient: 'jane@example.com', type: 'delivered', at: new Date('2026-11-01T10:00:00Z') },
    });
  });

  it.each([
    ['hard_bounce', 'mail_email_invalid'],
    ['soft_bounce', 'mail_smtp'],
    ['undelivered', 'unknown'],
  ])('of a %s without any reply is %s', (type, failure_type) => {
    expect(readEventMeaning(facts({ type }))).toMatchObject({ event: { failure_type } });
  });

  it('of a recipient on Sweego’s blacklist is a blocked address', () => {
    const headers = new Map([['x-emails-blacklisted', 'other@example.com, JANE@example.com']]);
    expect(readEventMeaning(facts({ type: 'undelivered', headers }))).toMatchObject({
      event: { failure_type: 'mail_bl' },
    });
    const others = new Map([['x-emails-blacklisted', 'other@example.com']]);
    expect(readEventMeaning(facts({ type: 'undelivered', headers: others }))).toMatchObject({
      event: { failure_type: 'unknown' },
    });
  });

  it.each(['complaint', 'email_opened', 'email_clicked', 'list_unsub', 'clicked_unsub'])(
    'of a %s is an event to record, and no failure',
    (type) => {
      expect(readEventMeaning(facts({ type }))).toMatchObject({
        kind: 'message',
        event: { type, permanence: null },
      });
    },
  );

  it('is nothing for Odoo when the type or the channel is unknown, and the reason says which', () => {
    expect(readEventMeaning(facts({ type: 'brand_new' }))).toEqual({
      kind: 'ignored',
      reason: 'event type brand_new',
    });
    expect(readEventMeaning(facts({ channel: 'sms' }))).toEqual({ kind: 'ignored', reason: 'channel sms' });
  });

  it('never quotes an unknown type or channel that may be more than a name', () => {
    for (const hostile of ['ann@example.com', '\u001b[2j', 'x'.repeat(41)]) {
      expect(readEventMeaning(facts({ type: hostile }))).toMatchObject({ reason: 'event type unreadable' });
      expect(readEventMeaning(facts({ channel: hostile }))).toMatchObject({ reason: 'channel unreadable' });
    }
  });

  it.each([
    ['no Message-Id', { messageIdHeader: undefined }],
    ['an empty Message-Id', { messageIdHeader: '<>' }],
    ['no recipient', { recipient: undefined }],
    ['a recipient that is no address', { recipient: 'Jane' }],
  ])('is unknown with %s, and is never guessed', (_, changes) => {
    expect(readEventMeaning(facts(changes)).kind).toBe('unmatchable');
  });
});

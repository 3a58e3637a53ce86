import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HistoryEvent } from '../../../src/odoo/message-state.ts';
import { isSameEvent, recipientState } from '../../../src/rules/delivery/delivery-status.ts';
import { historyEvent } from '../../support/odoo/message-states.ts';

const types = [
  'email_sent',
  'soft_bounce',
  'delivered',
  'email_opened',
  'email_clicked',
  'hard_bounce',
  'complaint',
  'list_unsub',
];
const at = (minute: number): Date => new Date(Date.UTC(2026, 10, 1, 10, minute));
const event = (type: string, changes: Partial<HistoryEvent> = {}): HistoryEvent =>
  historyEvent(type, 'jane@example.com', { swg_uid: '01-first', at: at(0), ...changes });
const statusOf = (...events: HistoryEvent[]) => recipientState(events).status;

describe('the status of a recipient', () => {
  it('is the same for any order and repetition of the events', () => {
    const events = fc.uniqueArray(
      fc.record({
        type: fc.constantFrom(...types),
        uid: fc.constantFrom('01-a', '01-b', null),
        minute: fc.nat(50),
      }),
      { minLength: 1, maxLength: 10 },
    );
    fc.assert(
      fc.property(events, fc.array(fc.nat()), (chosen, keys) => {
        const set = chosen.map(({ type, uid, minute }) => event(type, { swg_uid: uid, at: at(minute) }));
        const shuffled = [...set, ...set]
          .map((each, index) => ({ each, key: keys[index] ?? index * 7919 }))
          .sort((one, other) => (one.key % 1013) - (other.key % 1013))
          .map(({ each }) => each);
        expect(recipientState(shuffled)).toEqual(recipientState(set));
      }),
    );
  });

  it('changes from a soft bounce to delivered, but not back', () => {
    expect(statusOf(event('soft_bounce'), event('delivered', { at: at(5) }))).toBe('delivered');
    expect(statusOf(event('delivered'), event('soft_bounce', { at: at(5) }))).toBe('delivered');
  });

  it('stays a complaint after any later event', () => {
    expect(statusOf(event('complaint'), event('delivered', { at: at(5) }))).toBe('complaint');
  });

  it('is not delivered by sending alone, and not changed by an unsubscription', () => {
    expect(statusOf(event('email_sent'))).toBe('email_sent');
    expect(statusOf(event('list_unsub'))).toBeNull();
  });

  it('is delivered after a click on the link to unsubscribe', () => {
    expect(statusOf(event('clicked_unsub'))).toBe('delivered');
    expect(statusOf(event('soft_bounce'), event('clicked_unsub', { at: at(5) }))).toBe('delivered');
  });

  it('follows the newer submission even when the log changed the older one last', () => {
    // Sweego gave up the older submission after the user had pressed Retry, so its row was changed last.
    const log = (type: string, uid: string, minute: number) =>
      event(type, { swg_uid: uid, at: at(minute), event_id: `log:${uid}:${type}` });
    const older = [log('email_sent', '01-a', 0), log('hard_bounce', '01-a', 40)];
    const newer = [log('email_sent', '01-b', 10), log('delivered', '01-b', 11)];
    expect(recipientState([...older, ...newer])).toMatchObject({ status: 'delivered', uid: '01-b' });
  });

  it('starts again with a newer submission, and a late event of the older one does not change it', () => {
    const bounce = event('hard_bounce');
    const retry = event('email_sent', { swg_uid: '01-second', at: at(30) });
    const late = event('email_opened', { at: at(45) });
    expect(recipientState([bounce, retry])).toMatchObject({ status: 'email_sent', uid: '01-second' });
    expect(recipientState([late, retry, bounce])).toMatchObject({ status: 'email_sent', uid: '01-second' });
  });

  it('counts a bounce by its permanence, not by its label', () => {
    expect(statusOf(event('delivered'), event('hard_bounce', { permanence: 'soft', at: at(5) }))).toBe(
      'delivered',
    );
    expect(statusOf(event('delivered'), event('soft_bounce', { permanence: 'hard', at: at(5) }))).toBe(
      'hard_bounce',
    );
  });

  it('has the ids of any event of the submission', () => {
    const sent = event('email_sent', { wire_id: '<1.2.3@example.com>' });
    const delivered = event('delivered', { transaction_id: 'd4fbec9d', at: at(5) });
    expect(recipientState([delivered, sent])).toMatchObject({
      status: 'delivered',
      wireMessageId: '<1.2.3@example.com>',
      transactionId: 'd4fbec9d',
    });
  });
});

describe('two events are the same', () => {
  it('when they have the same event_id, or the same submission, type and second', () => {
    expect(
      isSameEvent(event('delivered', { event_id: 'e' }), event('delivered', { event_id: 'e', at: at(9) })),
    ).toBe(true);
    expect(isSameEvent(event('delivered', { event_id: 'e' }), event('delivered', { event_id: 'f' }))).toBe(
      true,
    );
    expect(isSameEvent(event('delivered'), event('delivered', { at: at(1) }))).toBe(false);
    expect(isSameEvent(event('delivered'), event('email_opened'))).toBe(false);
    expect(isSameEvent(event('delivered', { swg_uid: null }), event('delivered', { swg_uid: null }))).toBe(
      false,
    );
  });

  it('when the log repeats a webhook about a submission, with any time', () => {
    const ofLog = (type: string, changes: Partial<HistoryEvent> = {}) =>
      event(type, { event_id: `log:01-first:${type}`, at: at(9), ...changes });
    const webhook = event('delivered', { event_id: 'e' });
    expect(isSameEvent(ofLog('delivered'), webhook)).toBe(true);
    expect(isSameEvent(webhook, ofLog('delivered'))).toBe(true);
    expect(isSameEvent(ofLog('email_opened'), webhook)).toBe(false);
    expect(isSameEvent(ofLog('delivered', { swg_uid: '01-second' }), webhook)).toBe(false);
    const bounce = event('soft_bounce', { event_id: 'e', permanence: 'hard' });
    expect(isSameEvent(ofLog('undelivered', { permanence: 'hard' }), bounce)).toBe(true);
    expect(isSameEvent(ofLog('soft_bounce', { permanence: 'soft' }), bounce)).toBe(false);
    const deferred = ofLog('hard_bounce', { permanence: 'soft', event_id: 'log:01-first:451' });
    expect(isSameEvent(ofLog('hard_bounce', { permanence: 'hard' }), deferred)).toBe(false);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  nextState,
  unknownState,
  type DeliveryEvent,
  type DeliveryStatus,
} from '../../src/rules/delivery-status.ts';

const statuses: readonly DeliveryStatus[] = [
  'email_sent',
  'soft_bounce',
  'delivered',
  'email_opened',
  'email_clicked',
  'hard_bounce',
  'complaint',
];

function event(status: DeliveryStatus, changes: Partial<DeliveryEvent> = {}): DeliveryEvent {
  const bounced = status === 'soft_bounce' || status === 'hard_bounce';
  return {
    status,
    recipient: 'jane@example.com',
    uid: '01-first',
    transactionId: null,
    wireMessageId: null,
    at: new Date('2026-11-01T10:00:00Z'),
    failure: bounced
      ? {
          permanence: status === 'hard_bounce' ? 'hard' : 'soft',
          failureType: 'mail_smtp',
          reason: 'temporary',
          line: null,
        }
      : null,
    ...changes,
  };
}

const believe = (events: readonly DeliveryEvent[]) => events.reduce(nextState, unknownState);

describe('what is believed of a recipient', () => {
  it('is the same whatever the order and repetition of the events of one submission', () => {
    const submission = fc.uniqueArray(fc.constantFrom(...statuses), { minLength: 1 });
    fc.assert(
      fc.property(submission, fc.infiniteStream(fc.nat()), (chosen, random) => {
        const events = chosen.map((status, index) =>
          event(status, { at: new Date(Date.UTC(2026, 10, 1, 10, index)) }),
        );
        const shuffled = [...events, ...events]
          .map((each) => ({ each, key: random.next().value as number }))
          .sort((one, other) => one.key - other.key)
          .map(({ each }) => each);
        expect(believe(shuffled)).toEqual(believe(events));
      }),
    );
  });

  it('goes from a soft bounce to delivered, and not back', () => {
    expect(believe([event('soft_bounce'), event('delivered')]).status).toBe('delivered');
    expect(believe([event('delivered'), event('soft_bounce')]).status).toBe('delivered');
  });

  it('keeps a complaint whatever comes later', () => {
    expect(believe([event('complaint'), event('delivered')]).status).toBe('complaint');
  });

  it('starts afresh with a newer submission', () => {
    const retry = event('email_sent', { uid: '01-second', at: new Date('2026-11-01T12:00:00Z') });
    expect(believe([event('hard_bounce'), retry])).toMatchObject({ status: 'email_sent', uid: '01-second' });
  });

  it('is not changed by a late event of an older submission', () => {
    const retry = event('delivered', { uid: '01-second', at: new Date('2026-11-01T12:00:00Z') });
    const state = believe([retry]);
    expect(nextState(state, event('hard_bounce'))).toBe(state);
  });

  it('counts a bounce by how final it is and not by its label', () => {
    const temporary = event('hard_bounce', {
      failure: { permanence: 'soft', failureType: 'mail_smtp', reason: 'temporary', line: null },
    });
    expect(believe([event('delivered'), temporary]).status).toBe('delivered');
  });

  it('fills in the ids that an earlier event did not carry', () => {
    const sent = event('email_sent', { wireMessageId: '<1.2.3@example.com>' });
    const delivered = event('delivered', { transactionId: 'd4fbec9d' });
    const expected = { status: 'delivered', wireMessageId: '<1.2.3@example.com>', transactionId: 'd4fbec9d' };
    expect(believe([sent, delivered])).toMatchObject(expected);
    expect(believe([delivered, sent])).toMatchObject(expected);
  });
});

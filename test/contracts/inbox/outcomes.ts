import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/inbox/inbox.ts';
import { after, parkReason, requestOf } from '../../support/inbox/inbox-requests.ts';
import type { InboxUnderTest } from './inbox-contract.ts';

export function registerOutcomeTests(underTest: InboxUnderTest): void {
  /** Stores this many requests, claims them and returns their ids. */
  async function claimed(count: number): Promise<number[]> {
    for (let number = 0; number < count; number += 1) await underTest.inbox.put(requestOf({}));
    return (await underTest.claim(after(0))).map(({ id }) => id);
  }

  async function lastReason(id: number): Promise<string | undefined> {
    return (await underTest.inbox.find(id))?.reason;
  }

  /** State, outcome and code, first of the entry and then of its last transition. */
  async function statusesOf(id: number): Promise<unknown[]> {
    const found = await underTest.inbox.find(id);
    const last = (await underTest.inbox.history(id)).at(-1);
    return [found, last].map((each) => [each?.state, each?.outcome, each?.code]);
  }

  describe('outcomes', () => {
    it('records how each entry ended and never hands it out again', async () => {
      const outcomes: readonly Outcome[] = [
        { outcome: 'applied' },
        { outcome: 'duplicate' },
        { outcome: 'superseded' },
        { outcome: 'injected', reason: 'sale.order,7 by reply token (certain)' },
        { outcome: 'ignored', reason: 'automatic reply' },
      ];
      const ids = await claimed(outcomes.length);
      for (const [index, outcome] of outcomes.entries()) {
        await underTest.inbox.settle(ids.slice(index, index + 1), outcome, after(1));
      }
      expect(await Promise.all(ids.map(lastReason))).toEqual([
        'applied',
        'duplicate',
        'superseded',
        'injected: sale.order,7 by reply token (certain)',
        'ignored: automatic reply',
      ]);
      for (const [index, { outcome }] of outcomes.entries()) {
        const ended = ['settled', outcome, null];
        expect(await statusesOf(ids[index] ?? 0)).toEqual([ended, ended]);
      }
      expect(await underTest.claim(after(1_000_000))).toEqual([]);
    });

    it('does not hand out a waiting entry before it is due', async () => {
      const [id = 0] = await claimed(1);
      const outage = { code: 'ODOO_UNREACHABLE', reason: 'Odoo is down' } as const;
      await underTest.inbox.wait([id], { ...outage, until: after(30), counts: 'nothing', now: after(1) });
      const reason = 'ODOO_UNREACHABLE: Odoo is down';
      expect(await underTest.inbox.find(id)).toMatchObject({ state: 'waiting', dueAt: after(30), reason });
      expect(await underTest.claim(after(29.999))).toEqual([]);
      expect(await underTest.claim(after(30))).toMatchObject([{ id, attempts: 0, waits: 0 }]);
    });

    it('keeps the code of a waiting or parked entry, with or without a reason, until the next change', async () => {
      const { inbox } = underTest;
      const [id = 0] = await claimed(1);
      const due = { until: after(0), counts: 'nothing' as const, now: after(0) };
      const ends = [
        { end: () => inbox.wait([id], { ...due, code: 'ODOO_UNAVAILABLE' }), code: 'ODOO_UNAVAILABLE' },
        { end: () => inbox.wait([id], { ...due, code: 'ODOO_LOCKED', reason: 'busy' }), code: 'ODOO_LOCKED' },
        { end: () => inbox.wait([id], { ...due, reason: 'a mail is outgoing' }), code: null },
      ];
      const reasons: unknown[] = [];
      for (const { end, code } of ends) {
        await end();
        expect(await statusesOf(id)).toEqual([
          ['waiting', null, code],
          ['waiting', null, code],
        ]);
        reasons.push(await lastReason(id));
        await underTest.claim(after(0));
        expect(await statusesOf(id)).toEqual([
          ['claimed', null, null],
          ['claimed', null, null],
        ]);
      }
      expect(reasons).toEqual(['ODOO_UNAVAILABLE', 'ODOO_LOCKED: busy', 'a mail is outgoing']);
      await inbox.park([id], parkReason, after(1));
      const parked = ['parked', null, 'EVENT_UNMATCHED'];
      expect(await statusesOf(id)).toEqual([parked, parked]);
      await inbox.replay([id], after(2));
      const replayed = ['received', null, null];
      expect(await statusesOf(id)).toEqual([replayed, replayed]);
    });

    it('counts failures and normal waits separately, and an outage not at all', async () => {
      const [id = 0] = await claimed(1);
      for (const counts of ['attempt', 'wait', 'nothing', 'attempt', 'nothing'] as const) {
        await underTest.inbox.wait([id], { until: after(0), reason: 'x', counts, now: after(0) });
        await underTest.claim(after(0));
      }
      expect(await underTest.inbox.find(id)).toMatchObject({ attempts: 2, waits: 1 });
    });

    it('settles the entries that are still claimed and names the others when a worker is too late', async () => {
      const [kept = 0, released = 0] = await claimed(2);
      await underTest.inbox.settle([released], { outcome: 'applied' }, after(1));
      await expect(
        underTest.inbox.settle([kept, released], { outcome: 'superseded' }, after(2)),
      ).rejects.toMatchObject({
        code: 'INBOX_NOT_CLAIMED',
        details: { entryIds: [String(released)] },
      });
      expect(await lastReason(kept)).toBe('superseded');
      expect(await lastReason(released)).toBe('applied');
    });

    it('keeps concurrent changes of all kinds apart', async () => {
      const { inbox } = underTest;
      const [a = 0, b = 0, c = 0, ...rest] = await claimed(10);
      const waiting = { until: after(9), reason: 'x', counts: 'wait' as const, now: after(1) };
      await Promise.all([
        inbox.settle([a], { outcome: 'applied' }, after(1)),
        inbox.holdLease({ name: 'worker', holder: 'first', ttlMs: 1000, now: after(1) }),
        inbox.wait([b], waiting),
        inbox.put(requestOf({})),
        inbox.park([c], parkReason, after(1)),
        inbox.saveSnapshot('settings', new Uint8Array(1), after(1)),
        underTest.claim(after(1)),
        ...rest.map((id) => inbox.settle([id], { outcome: 'applied' }, after(1))),
      ]);
      expect((await inbox.status()).states).toMatchObject({ settled: 8, waiting: 1, parked: 1 });
    });

    it('does not reopen an ended entry', async () => {
      const [id = 0] = await claimed(1);
      await underTest.inbox.park([id], parkReason, after(1));
      const late = { until: after(2), reason: 'x', counts: 'attempt' as const, now: after(2) };
      await expect(underTest.inbox.wait([id], late)).rejects.toMatchObject({ code: 'INBOX_NOT_CLAIMED' });
      await expect(underTest.inbox.park([id], parkReason, after(2))).rejects.toMatchObject({
        code: 'INBOX_NOT_CLAIMED',
      });
      expect(await underTest.inbox.find(id)).toMatchObject({ state: 'parked', attempts: 0, waits: 0 });
    });
  });
}

import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/inbox/inbox.ts';
import { after, requestOf } from '../support/inbox-requests.ts';
import type { InboxUnderTest } from './inbox-contract.ts';

export function registerOutcomeTests(underTest: InboxUnderTest): void {
  /** Stores that many requests and claims them. */
  async function claimed(count: number): Promise<number[]> {
    for (let number = 0; number < count; number += 1) await underTest.inbox.put(requestOf({}));
    return (await underTest.claim(after(0))).map(({ id }) => id);
  }

  async function lastReason(id: number): Promise<string | undefined> {
    return (await underTest.inbox.find(id))?.reason;
  }

  describe('outcomes', () => {
    it('records how each entry ended and never hands it out again', async () => {
      const outcomes: readonly Outcome[] = [
        { outcome: 'applied' },
        { outcome: 'duplicate' },
        { outcome: 'superseded' },
        { outcome: 'injected' },
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
        'injected',
        'ignored: automatic reply',
      ]);
      expect(await underTest.claim(after(1_000_000))).toEqual([]);
    });

    it('does not hand out a waiting entry before its time', async () => {
      const [id = 0] = await claimed(1);
      const reason = 'ODOO_UNREACHABLE: Odoo is down';
      await underTest.inbox.wait([id], { until: after(30), reason, countsAsAttempt: false, now: after(1) });
      expect(await underTest.inbox.find(id)).toMatchObject({ state: 'waiting', dueAt: after(30), reason });
      expect(await underTest.claim(after(29.999))).toEqual([]);
      expect(await underTest.claim(after(30))).toMatchObject([{ id, attempts: 0, waits: 1 }]);
    });

    it('counts attempts only for failures of the entry itself', async () => {
      const [id = 0] = await claimed(1);
      for (const countsAsAttempt of [true, false, true]) {
        await underTest.inbox.wait([id], { until: after(0), reason: 'x', countsAsAttempt, now: after(0) });
        await underTest.claim(after(0));
      }
      expect(await underTest.inbox.find(id)).toMatchObject({ attempts: 2, waits: 3 });
    });

    it('hands out claimed entries again after they were released', async () => {
      const ids = await claimed(3);
      await underTest.inbox.settle(ids.slice(0, 1), { outcome: 'applied' }, after(1));
      await underTest.reopen();
      expect(await underTest.claim(after(2))).toEqual([]);
      expect(await underTest.inbox.releaseClaimed(after(2))).toBe(2);
      expect((await underTest.claim(after(2))).map(({ id }) => id)).toEqual(ids.slice(1));
      const history = await underTest.inbox.history(ids[1] ?? 0);
      expect(history.map(({ reason }) => reason)).toEqual(['received', 'claimed', 'released', 'claimed']);
    });

    it('settles the claimed ones and names the others when a worker comes too late', async () => {
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

    it('does not bring an ended entry back to life', async () => {
      const [id = 0] = await claimed(1);
      await underTest.inbox.park([id], 'TEST_PARKED: for a human', after(1));
      const late = { until: after(2), reason: 'x', countsAsAttempt: true, now: after(2) };
      await expect(underTest.inbox.wait([id], late)).rejects.toMatchObject({ code: 'INBOX_NOT_CLAIMED' });
      await expect(underTest.inbox.park([id], 'y', after(2))).rejects.toMatchObject({
        code: 'INBOX_NOT_CLAIMED',
      });
      expect(await underTest.inbox.find(id)).toMatchObject({ state: 'parked', attempts: 0, waits: 0 });
    });
  });
}

import { describe, expect, it } from 'vitest';
import { after, bytesOfText, parkReason, requestOf, textOf } from '../../support/inbox/inbox-requests.ts';
import type { InboxUnderTest } from './inbox-contract.ts';

export function registerOperatorTests(underTest: InboxUnderTest): void {
  /** Creates one entry in each state, and returns their ids by state. */
  async function entryPerState() {
    for (let number = 0; number < 5; number += 1) await underTest.inbox.put(requestOf({ number }));
    const entries = await underTest.claim(after(0), { limit: 4 });
    const [claimed = 0, waiting = 0, settled = 0, parked = 0] = entries.map(({ id }) => id);
    const [received] = await underTest.inbox.list({ states: ['received'] });
    await underTest.inbox.wait([waiting], {
      until: after(900),
      reason: 'x',
      counts: 'attempt',
      now: after(1),
    });
    await underTest.inbox.settle([settled], { outcome: 'applied' }, after(1));
    await underTest.inbox.park([parked], parkReason, after(1));
    return { received: received?.id ?? 0, claimed, waiting, settled, parked };
  }

  describe('replaying', () => {
    it('makes an entry due at once in every state except claimed', async () => {
      const { inbox } = underTest;
      const { received, claimed, waiting, settled, parked } = await entryPerState();
      expect(await inbox.replay([parked, 12345, claimed, settled, waiting, received], after(2))).toEqual([
        'done',
        'unknown',
        'claimed',
        'done',
        'done',
        'done',
      ]);
      expect(await inbox.find(waiting)).toMatchObject({
        state: 'received',
        reason: 'replayed',
        dueAt: after(2),
        attempts: 0,
        waits: 0,
      });
      const again = await underTest.claim(after(2));
      expect(new Set(again.map(({ id }) => id))).toEqual(new Set([received, waiting, settled, parked]));
      const history = await inbox.history(parked);
      expect(history.map(({ at, state, reason }) => [at, state, reason]).slice(2)).toEqual([
        [after(1), 'parked', 'EVENT_UNMATCHED: for a human'],
        [after(2), 'received', 'replayed'],
        [after(2), 'claimed', 'claimed'],
      ]);
    });

    it('gives the next worker the last decision of the operator', async () => {
      const { inbox } = underTest;
      await inbox.put(requestOf({}, { kind: 'inbound' }));
      const [first] = await underTest.claim(after(0));
      const id = first?.id ?? 0;
      expect(first).toMatchObject({ isReplayed: false, target: null });
      await inbox.park([id], parkReason, after(1));
      await inbox.replay([id], after(2), 'sale.order,23');
      const [second] = await underTest.claim(after(2));
      expect(second).toMatchObject({ isReplayed: true, target: 'sale.order,23' });
      const waiting = { until: after(3), reason: 'x', counts: 'attempt' as const, now: after(2) };
      await inbox.wait([id], waiting);
      expect(await underTest.claim(after(3))).toMatchObject([{ isReplayed: true, target: 'sale.order,23' }]);
      await inbox.park([id], parkReason, after(4));
      await inbox.replay([id], after(5));
      expect(await inbox.find(id)).toMatchObject({ reason: 'replayed', isReplayed: true, target: null });
      const history = await inbox.history(id);
      expect(history.filter(({ reason }) => reason.startsWith('replayed'))).toMatchObject([
        { reason: 'replayed to sale.order,23', target: 'sale.order,23' },
        { reason: 'replayed', target: null },
      ]);
      expect(history.filter(({ target }) => target !== null)).toHaveLength(1);
    });

    it('does not make an entry a duplicate of itself', async () => {
      await underTest.inbox.put(requestOf({ keys: ['event:1'] }));
      const [entry] = await underTest.claim(after(0));
      await underTest.inbox.settle([entry?.id ?? 0], { outcome: 'applied' }, after(1));
      await underTest.inbox.replay([entry?.id ?? 0], after(2));
      expect((await underTest.claim(after(2))).map(({ body }) => textOf(body))).toEqual([
        '{"keys":["event:1"]}',
      ]);
    });

    it('refuses an entry whose body was erased', async () => {
      const { settled } = await entryPerState();
      await underTest.inbox.erase([settled], after(2));
      expect(await underTest.inbox.replay([settled], after(3))).toEqual(['erased']);
      expect(await underTest.inbox.find(settled)).toMatchObject({ state: 'settled', isErased: true });
    });
  });

  describe('discarding', () => {
    it('ends open and parked entries with the reason, and no other entry', async () => {
      const { inbox } = underTest;
      const { received, claimed, waiting, settled, parked } = await entryPerState();
      const ids = [received, claimed, waiting, settled, parked, 12345, parked];
      expect(await inbox.discard(ids, 'a test mail', after(2))).toEqual([
        'done',
        'claimed',
        'done',
        'settled',
        'done',
        'unknown',
        'settled',
      ]);
      for (const id of [received, waiting, parked]) {
        expect(await inbox.find(id)).toMatchObject({
          state: 'settled',
          outcome: 'discarded',
          reason: 'discarded: a test mail',
          dueAt: null,
        });
      }
      expect((await inbox.find(settled))?.reason).toBe('applied');
      expect(await underTest.claim(after(100_000))).toEqual([]);
      expect((await inbox.find(parked))?.body).toEqual(bytesOfText('{"number":3}'));
    });

    it('can be undone by a replay', async () => {
      const { parked } = await entryPerState();
      await underTest.inbox.discard([parked], 'by mistake', after(2));
      expect(await underTest.inbox.replay([parked], after(3))).toEqual(['done']);
      expect((await underTest.claim(after(3))).map(({ id }) => id)).toContain(parked);
    });
  });
}

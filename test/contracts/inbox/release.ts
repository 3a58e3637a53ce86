import { describe, expect, it } from 'vitest';
import { openInbox } from '../../../src/inbox/open.ts';
import { after, allKinds, parkReason, requestOf, textOf } from '../../support/inbox/inbox-requests.ts';
import type { InboxUnderTest } from './inbox-contract.ts';

export function registerReleaseTests(underTest: InboxUnderTest): void {
  /** Stores this many requests, claims them and returns their ids. */
  async function claimed(count: number): Promise<number[]> {
    const numbers = Array.from({ length: count }, (_, number) => number);
    for (const number of numbers) await underTest.inbox.put(requestOf({ number }));
    return (await underTest.claim(after(0))).map(({ id }) => id);
  }

  /** Claims and then stops, as a killed worker does. The next start releases the entries. */
  async function crashWhileWorking(): Promise<{ released: number; parked: number }> {
    await underTest.claim(after(0));
    return (await underTest.reopen()).releaseClaimed(allKinds, after(0));
  }

  describe('releasing claimed entries', () => {
    it('hands out again the entries of a crashed worker', async () => {
      const ids = await claimed(3);
      await underTest.inbox.settle(ids.slice(0, 1), { outcome: 'applied' }, after(1));
      await underTest.reopen();
      expect(await underTest.claim(after(2))).toEqual([]);
      expect(await underTest.inbox.releaseClaimed(allKinds, after(2))).toEqual({
        released: 2,
        parked: 0,
      });
      expect((await underTest.claim(after(2))).map(({ id }) => id)).toEqual(ids.slice(1));
      const history = await underTest.inbox.history(ids[1] ?? 0);
      expect(history.map(({ reason }) => reason)).toEqual(['received', 'claimed', 'released', 'claimed']);
    });

    it('refuses every change by a stalled worker once another worker has its entries', async () => {
      const [id = 0] = await claimed(1);
      const stalled = underTest.inbox;
      const other = await openInbox(underTest.database.url);
      await other.releaseClaimed(allKinds, after(60));
      const again = await underTest.claim(after(60), { inbox: other });
      expect(again.map((entry) => entry.id)).toEqual([id]);
      const late = { until: after(61), reason: 'x', counts: 'attempt' as const, now: after(61) };
      const changes = await Promise.allSettled([
        stalled.settle([id], { outcome: 'applied' }, after(61)),
        stalled.wait([id], late),
        stalled.park([id], parkReason, after(61)),
      ]);
      const refused = { status: 'rejected', reason: { code: 'INBOX_NOT_CLAIMED' } };
      expect(changes).toMatchObject([refused, refused, refused]);
      expect(await stalled.find(id)).toMatchObject({ state: 'claimed', attempts: 0 });
      await other.settle([id], { outcome: 'applied' }, after(62));
      expect(await stalled.find(id)).toMatchObject({ state: 'settled', reason: 'applied' });
      await other.close();
    });

    it('hands out an entry alone after two crashes, and parks it when it crashes further workers', async () => {
      const [harmless = 0, crashing = 0, later = 0] = await claimed(3);
      await underTest.reopen();
      await underTest.inbox.releaseClaimed(allKinds, after(0));
      expect(await crashWhileWorking()).toEqual({ released: 3, parked: 0 });

      expect((await underTest.claim(after(0))).map(({ id }) => id)).toEqual([harmless]);
      await underTest.inbox.settle([harmless], { outcome: 'applied' }, after(0));
      expect(await crashWhileWorking()).toEqual({ released: 1, parked: 0 });
      expect(await crashWhileWorking()).toEqual({ released: 1, parked: 0 });
      expect(await crashWhileWorking()).toEqual({ released: 0, parked: 1 });
      const parked = await underTest.inbox.find(crashing);
      expect(parked).toMatchObject({ state: 'parked', code: 'INBOX_CRASHES_WORKER', dueAt: null });
      expect(parked?.reason).toContain('INBOX_CRASHES_WORKER: ');
      expect((await underTest.claim(after(0))).map(({ id }) => id)).toEqual([later]);
    });

    it('hands out older entries separately, before a suspect entry', async () => {
      const [suspect = 0] = await claimed(1);
      for (let end = 0; end < 2; end += 1) {
        await underTest.reopen();
        await underTest.inbox.releaseClaimed(allKinds, after(0));
        await underTest.claim(after(0));
      }
      const waiting = { until: after(50), reason: 'x', counts: 'nothing' as const, now: after(1) };
      await underTest.inbox.wait([suspect], waiting);
      await underTest.inbox.put(requestOf({ number: 'a' }));
      await underTest.inbox.put(requestOf({ number: 'b' }, { receivedAt: after(60) }));
      const rounds: string[][] = [];
      for (let round = 0; round < 4; round += 1) {
        rounds.push((await underTest.claim(after(60))).map(({ body }) => textOf(body)));
      }
      expect(rounds).toEqual([['{"number":"a"}'], ['{"number":0}'], ['{"number":"b"}'], []]);
    });

    it('does not suspect an entry that its own inbox releases, nor an entry that was replayed', async () => {
      const [id = 0] = await claimed(1);
      for (let time = 0; time < 9; time += 1) {
        expect(await underTest.inbox.releaseClaimed(allKinds, after(0))).toEqual({
          released: 1,
          parked: 0,
        });
        await underTest.claim(after(0));
      }
      for (let time = 0; time < 4; time += 1) {
        await underTest.reopen();
        expect(await underTest.inbox.releaseClaimed(allKinds, after(0))).toEqual({
          released: 1,
          parked: 0,
        });
        await underTest.claim(after(0));
      }
      await underTest.inbox.park([id], parkReason, after(0));
      await underTest.inbox.replay([id], after(0));
      expect(await crashWhileWorking()).toEqual({ released: 1, parked: 0 });
    });

    it('releases only entries of the given kinds, because another lane works on the others', async () => {
      const { inbox } = underTest;
      for (const kind of allKinds) await inbox.put(requestOf({ kind }, { kind }));
      const entries = await underTest.claim(after(0));
      const [outbound = 0, inbound = 0] = entries.map(({ id }) => id);
      expect(await inbox.releaseClaimed(['outbound'], after(1))).toEqual({ released: 1, parked: 0 });
      expect(await inbox.find(outbound)).toMatchObject({ state: 'received' });
      await inbox.settle([inbound], { outcome: 'applied' }, after(2));
      await underTest.reopen();
      expect(await underTest.inbox.releaseClaimed(['outbound', 'inbound'], after(3))).toEqual({
        released: 0,
        parked: 0,
      });
      expect(await underTest.inbox.releaseClaimed(['log'], after(3))).toEqual({ released: 1, parked: 0 });
    });

    it('parks the entry that crashes the workers of one kind, and no entry of another kind', async () => {
      for (const kind of ['outbound', 'inbound'] as const) {
        await underTest.inbox.put(requestOf({}, { kind }));
      }
      const kept = await underTest.claim(after(0), { kinds: ['outbound'] });
      const [crashing] = await underTest.claim(after(0), { kinds: ['inbound'] });
      const releases: unknown[] = [];
      for (let end = 0; end < 5; end += 1) {
        await underTest.reopen();
        releases.push(await underTest.inbox.releaseClaimed(['inbound'], after(0)));
        await underTest.claim(after(0), { kinds: ['inbound'] });
      }
      expect(releases.at(-1)).toEqual({ released: 0, parked: 1 });
      expect(await underTest.inbox.find(crashing?.id ?? 0)).toMatchObject({ state: 'parked' });
      expect(await underTest.inbox.find(kept[0]?.id ?? 0)).toMatchObject({ state: 'claimed' });
    });

    it('keeps the counts of failures and waits', async () => {
      const [id = 0] = await claimed(1);
      for (const counts of ['attempt', 'wait'] as const) {
        await underTest.inbox.wait([id], { until: after(0), reason: 'x', counts, now: after(0) });
        await underTest.claim(after(0));
      }
      await underTest.inbox.releaseClaimed(allKinds, after(1));
      expect(await underTest.inbox.find(id)).toMatchObject({ state: 'waiting', attempts: 1, waits: 1 });
    });
  });

  describe('a clock that was set back', () => {
    it('does not make a wait longer', async () => {
      const [id = 0] = await claimed(1);
      const waiting = { until: after(3630), reason: 'x', counts: 'wait' as const, now: after(3600) };
      await underTest.inbox.wait([id], waiting);
      await underTest.inbox.shiftWaits(3_600_000);
      expect(await underTest.claim(after(29))).toEqual([]);
      expect(await underTest.claim(after(30))).toHaveLength(1);
    });

    it('does not delay entries that were received before', async () => {
      await underTest.inbox.put(requestOf({}, { receivedAt: after(3600) }));
      await underTest.claim(after(3600), { limit: 0 });
      await underTest.inbox.shiftWaits(3_600_000);
      expect(await underTest.claim(after(0))).toHaveLength(1);
    });
  });
}

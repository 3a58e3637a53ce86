import { describe, expect, it } from 'vitest';
import { after, bytesOfText, requestOf } from '../support/inbox-requests.ts';
import type { InboxUnderTest } from './inbox-contract.ts';

export function registerReadTests(underTest: InboxUnderTest): void {
  describe('looking', () => {
    it('lists entries newest first, a hundred unless told, by state and direction', async () => {
      const requests = Array.from({ length: 120 }, (_, index) =>
        requestOf({}, { direction: index % 2 === 0 ? 'outbound' : 'log', webhookId: `webhook-${index}` }),
      );
      await Promise.all(requests.map((request) => underTest.inbox.put(request)));
      await underTest.claim(after(0), { directions: ['log'], limit: 10 });
      const { inbox } = underTest;
      const all = await inbox.list({});
      expect(all).toHaveLength(100);
      expect(all.slice(0, 2).map(({ webhookId }) => webhookId)).toEqual(['webhook-119', 'webhook-118']);
      expect(await inbox.list({ limit: 3 })).toHaveLength(3);
      expect(await inbox.list({ states: ['claimed'] })).toHaveLength(10);
      expect(await inbox.list({ states: ['claimed'], directions: ['outbound'] })).toEqual([]);
      expect(await inbox.list({ states: ['received', 'claimed'], directions: ['log'] })).toHaveLength(60);
      expect(await inbox.list({ states: [] })).toEqual([]);
    });

    it('finds an entry with the body of its own element', async () => {
      await underTest.inbox.put(requestOf([{ keys: ['a'] }, { keys: ['b'] }], { webhookId: 'webhook-7' }));
      const [, second] = await underTest.claim(after(0));
      expect(await underTest.inbox.find(second?.id ?? 0)).toMatchObject({
        webhookId: 'webhook-7',
        position: 1,
        body: bytesOfText('{"keys":["b"]}'),
      });
    });

    it('knows nothing of an entry that does not exist', async () => {
      expect(await underTest.inbox.find(12345)).toBeUndefined();
      expect(await underTest.inbox.history(12345)).toEqual([]);
    });

    it('tells the whole history of an entry in order', async () => {
      await underTest.inbox.put(requestOf({}, { receivedAt: after(1) }));
      const [entry] = await underTest.claim(after(2));
      const id = entry?.id ?? 0;
      const waiting = { until: after(4), reason: 'ODOO_TIMEOUT: slow', countsAsAttempt: true, now: after(3) };
      await underTest.inbox.wait([id], waiting);
      await underTest.claim(after(4));
      await underTest.inbox.settle([id], { outcome: 'applied' }, after(5));
      expect(await underTest.inbox.history(id)).toEqual([
        { at: after(1), state: 'received', reason: 'received' },
        { at: after(2), state: 'claimed', reason: 'claimed' },
        { at: after(3), state: 'waiting', reason: 'ODOO_TIMEOUT: slow' },
        { at: after(4), state: 'claimed', reason: 'claimed' },
        { at: after(5), state: 'settled', reason: 'applied' },
      ]);
    });

    it('counts by state and tells since when the oldest open work has been waiting', async () => {
      const { inbox } = underTest;
      const nothing = { received: 0, claimed: 0, waiting: 0, settled: 0, parked: 0 };
      expect(await inbox.status()).toEqual({ unclaimed: 0, states: nothing, oldestOpenAt: null });

      await inbox.put(requestOf({}, { receivedAt: after(1) }));
      await inbox.put(requestOf({}, { receivedAt: after(2) }));
      expect(await inbox.status()).toEqual({ unclaimed: 2, states: nothing, oldestOpenAt: after(1) });

      const [first, second] = await underTest.claim(after(3));
      await inbox.settle([first?.id ?? 0], { outcome: 'applied' }, after(3));
      await inbox.put(requestOf({}, { receivedAt: after(4) }));
      expect(await inbox.status()).toEqual({
        unclaimed: 1,
        states: { ...nothing, claimed: 1, settled: 1 },
        oldestOpenAt: after(2),
      });

      await inbox.park([second?.id ?? 0], 'TEST_PARKED: for a human', after(5));
      expect((await inbox.status()).oldestOpenAt).toEqual(after(4));
    });
  });
}

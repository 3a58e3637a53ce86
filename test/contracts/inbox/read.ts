import { describe, expect, it } from 'vitest';
import type { EntryFilter } from '../../../src/inbox/inbox.ts';
import { after, bytesOfText, parkReason, requestOf } from '../../support/inbox/inbox-requests.ts';
import type { InboxUnderTest } from './inbox-contract.ts';

export function registerReadTests(underTest: InboxUnderTest): void {
  describe('reading', () => {
    it('lists entries by state and kind, newest first, and a hundred by default', async () => {
      const requests = Array.from({ length: 120 }, (_, index) =>
        requestOf({}, { kind: index % 2 === 0 ? 'outbound' : 'log', requestKey: `webhook-${index}` }),
      );
      await Promise.all(requests.map((request) => underTest.inbox.put(request)));
      await underTest.claim(after(0), { limit: 0 });
      await underTest.claim(after(0), { kinds: ['log'], limit: 10 });
      const { inbox } = underTest;
      const all = await inbox.list({});
      expect(all).toHaveLength(100);
      expect(all.slice(0, 2).map(({ requestKey }) => requestKey)).toEqual(['webhook-119', 'webhook-118']);
      expect(await inbox.list({ limit: 3 })).toHaveLength(3);
      expect(await inbox.list({ states: ['claimed'] })).toHaveLength(10);
      expect(await inbox.list({ states: ['claimed'], kinds: ['outbound'] })).toEqual([]);
      expect(await inbox.list({ states: ['received', 'claimed'], kinds: ['log'] })).toHaveLength(60);
      expect(await inbox.list({ states: [] })).toEqual([]);
    });

    it('finds an entry with the body of its own element', async () => {
      await underTest.inbox.put(requestOf([{ keys: ['a'] }, { keys: ['b'] }], { requestKey: 'webhook-7' }));
      const [, second] = await underTest.claim(after(0));
      expect(await underTest.inbox.find(second?.id ?? 0)).toMatchObject({
        requestKey: 'webhook-7',
        position: 1,
        body: bytesOfText('{"keys":["b"]}'),
      });
    });

    it('finds nothing for an entry that does not exist', async () => {
      expect(await underTest.inbox.find(12345)).toBeUndefined();
      expect(await underTest.inbox.history(12345)).toEqual([]);
    });

    it('returns the whole history of an entry in order', async () => {
      await underTest.inbox.put(requestOf({}, { receivedAt: after(1) }));
      const [entry] = await underTest.claim(after(2));
      const id = entry?.id ?? 0;
      const waiting = {
        until: after(4),
        code: 'ODOO_TIMEOUT' as const,
        reason: 'slow',
        counts: 'attempt' as const,
        now: after(3),
      };
      await underTest.inbox.wait([id], waiting);
      await underTest.claim(after(4));
      await underTest.inbox.settle([id], { outcome: 'applied' }, after(5));
      const open = { outcome: null, code: null, target: null };
      expect(await underTest.inbox.history(id)).toEqual([
        { ...open, at: after(1), state: 'received', reason: 'received' },
        { ...open, at: after(2), state: 'claimed', reason: 'claimed' },
        { ...open, at: after(3), state: 'waiting', code: 'ODOO_TIMEOUT', reason: 'ODOO_TIMEOUT: slow' },
        { ...open, at: after(4), state: 'claimed', reason: 'claimed' },
        { ...open, at: after(5), state: 'settled', outcome: 'applied', reason: 'applied' },
      ]);
    });

    it('counts entries by state and reports since when the oldest open entry has waited', async () => {
      const { inbox } = underTest;
      const nothing = { received: 0, claimed: 0, waiting: 0, settled: 0, parked: 0 };
      expect(await inbox.status()).toEqual({
        unclaimed: 0,
        states: nothing,
        oldestOpenAt: null,
        secrets: [],
      });

      await inbox.put(requestOf({}, { receivedAt: after(1) }));
      await inbox.put(requestOf({}, { receivedAt: after(2) }));
      expect(await inbox.status()).toMatchObject({ unclaimed: 2, states: nothing, oldestOpenAt: after(1) });

      const [first, second] = await underTest.claim(after(3));
      await inbox.settle([first?.id ?? 0], { outcome: 'applied' }, after(3));
      await inbox.put(requestOf({}, { receivedAt: after(4) }));
      expect(await inbox.status()).toMatchObject({
        unclaimed: 1,
        states: { ...nothing, claimed: 1, settled: 1 },
        oldestOpenAt: after(2),
      });

      await inbox.park([second?.id ?? 0], parkReason, after(5));
      expect((await inbox.status()).oldestOpenAt).toEqual(after(4));
    });

    it('keeps its counts correct through replays, discards, duplicates and retention', async () => {
      const { inbox } = underTest;
      const bodies = ['a', 'b', 'c', 'c', 'd'].map((key) => requestOf({ keys: [key] }));
      for (const body of [...bodies, requestOf(bytesOfText('not JSON'))]) await inbox.put(body);
      const [a = 0, b = 0, c = 0] = (await underTest.claim(after(0), { limit: 3 })).map(({ id }) => id);
      expect((await inbox.status()).states).toEqual({
        received: 1,
        claimed: 3,
        waiting: 0,
        settled: 1,
        parked: 1,
      });
      await inbox.settle([a], { outcome: 'applied' }, after(1));
      await inbox.wait([b], { until: after(90), reason: 'x', counts: 'wait', now: after(1) });
      await inbox.park([c], parkReason, after(1));
      await inbox.replay([a, b], after(2));
      await inbox.discard([a, c], 'by hand', after(3));
      expect((await inbox.status()).states).toEqual({
        received: 2,
        claimed: 0,
        waiting: 0,
        settled: 3,
        parked: 1,
      });
      await inbox.retain({ bodiesSettledBefore: after(9), entriesSettledBefore: after(9), limit: 9 });
      expect((await underTest.reopen().then((reopened) => reopened.status())).states).toEqual({
        received: 2,
        claimed: 0,
        waiting: 0,
        settled: 0,
        parked: 1,
      });
    });

    it('reports how many webhooks each secret verified and when it was last used, newest first', async () => {
      const { inbox } = underTest;
      const put = (secretId: string, seconds: number, kind: 'inbound' | 'outbound' = 'outbound') =>
        inbox.put(requestOf({}, { secretId, kind, receivedAt: after(seconds) }));
      await put('server:1:outbound', 5);
      await put('environment:1', 9);
      await put('environment:1', 3);
      await put('environment:1', 7, 'inbound');
      await underTest.claim(after(10), { limit: 0 });
      await put('environment:1', 11);
      await underTest.claim(after(12), { limit: 0 });
      expect((await inbox.status()).secrets).toEqual([
        { secretId: 'environment:1', kind: 'outbound', lastUsedAt: after(11), requests: 3 },
        { secretId: 'environment:1', kind: 'inbound', lastUsedAt: after(7), requests: 1 },
        { secretId: 'server:1:outbound', kind: 'outbound', lastUsedAt: after(5), requests: 1 },
      ]);
    });

    it('lists entries that were received in a period, without the end of the period', async () => {
      const { inbox } = underTest;
      for (const seconds of [10, 20, 30, 40]) {
        const requestKey = `at-${seconds}`;
        await inbox.put(requestOf({}, { requestKey, receivedAt: after(seconds) }));
      }
      await underTest.claim(after(40), { limit: 2 });
      const requestKeys = async (filter: EntryFilter) =>
        (await inbox.list(filter)).map(({ requestKey }) => requestKey);
      expect(await requestKeys({ receivedSince: after(30) })).toEqual(['at-40', 'at-30']);
      expect(await requestKeys({ receivedBefore: after(30) })).toEqual(['at-20', 'at-10']);
      expect(await requestKeys({ receivedSince: after(20), receivedBefore: after(40) })).toEqual([
        'at-30',
        'at-20',
      ]);
      expect(await requestKeys({ receivedBefore: after(40), states: ['received'] })).toEqual(['at-30']);
      expect(await requestKeys({ receivedBefore: after(40), limit: 1 })).toEqual(['at-30']);
    });

    it('finds entries by address and Message-Id, and only those that match all requested terms', async () => {
      const { inbox } = underTest;
      const ann = 'address:ann@example.com';
      const mail = 'message-id:<1@example.com>';
      await inbox.put(requestOf({ terms: [ann, mail, ann] }, { requestKey: 'both' }));
      await inbox.put(requestOf([{ terms: [mail] }, { terms: [ann] }], { requestKey: 'array' }));
      await inbox.put(requestOf({ terms: ['address:bob@example.com'] }, { requestKey: 'other' }));
      const [both] = await underTest.claim(after(0), { limit: 1 });
      const found = async (filter: EntryFilter) =>
        (await inbox.list(filter)).map(({ requestKey, position }) => [requestKey, position]);
      expect(await found({ terms: [ann] })).toEqual([
        ['array', 1],
        ['both', null],
      ]);
      expect(await found({ terms: [ann, mail] })).toEqual([['both', null]]);
      expect(await found({ terms: [mail], states: ['received'] })).toEqual([['array', 0]]);
      expect(await found({ terms: [mail], limit: 1 })).toEqual([['array', 0]]);
      expect(await found({ terms: ['address:ann'] })).toEqual([]);
      await inbox.settle([both?.id ?? 0], { outcome: 'applied' }, after(1));
      expect(await found({ terms: [ann], states: ['settled'] })).toEqual([['both', null]]);
    });
  });
}

import { describe, expect, it } from 'vitest';
import {
  after,
  allKinds,
  bytesOfText,
  describeTestBody,
  requestOf,
  textOf,
} from '../../support/inbox/inbox-requests.ts';
import { runProgram } from '../../support/run-program.ts';
import type { InboxUnderTest } from './inbox-contract.ts';

export function registerClaimTests(underTest: InboxUnderTest): void {
  describe('claiming', () => {
    it('hands out a single event with all its stored data, and only once', async () => {
      const { requestId } = await underTest.inbox.put(
        requestOf({ keys: ['e1'] }, { kind: 'inbound', receivedAt: after(3) }),
      );
      const [entry, ...others] = await underTest.claim(after(5));
      expect(others).toEqual([]);
      expect(entry).toMatchObject({
        requestId,
        position: null,
        kind: 'inbound',
        secretId: 'environment:1',
        receivedAt: after(3),
        state: 'claimed',
        attempts: 0,
        waits: 0,
        body: bytesOfText('{"keys":["e1"]}'),
      });
      expect(await underTest.claim(after(5))).toEqual([]);
    });

    it('creates an entry for every element of an array', async () => {
      await underTest.inbox.put(requestOf([{ keys: ['a'] }, { keys: ['b'] }]));
      const entries = await underTest.claim(after(0));
      expect(entries.map(({ position, body }) => [position, textOf(body)])).toEqual([
        [0, '{"keys":["a"]}'],
        [1, '{"keys":["b"]}'],
      ]);
      const history = await underTest.inbox.history(entries[0]?.id ?? 0);
      expect(history[0]).toEqual({
        at: after(0),
        state: 'received',
        outcome: null,
        code: null,
        target: null,
        reason: 'split(2)',
      });
    });

    it('parks one malformed element of a hundred and hands out the others', async () => {
      const elements = Array.from({ length: 100 }, (_, index) => ({ keys: [`e${index}`] }));
      await underTest.inbox.put(
        requestOf(elements.map((element, index) => (index === 41 ? 'broken' : element))),
      );
      const entries = await underTest.claim(after(0));
      const malformed = entries.filter(({ body }) => !textOf(body).startsWith('{')).map(({ id }) => id);
      const wellFormed = entries.filter(({ body }) => textOf(body).startsWith('{')).map(({ id }) => id);
      await underTest.inbox.park(
        malformed,
        { code: 'SWEEGO_EVENT_UNREADABLE', reason: 'not an event' },
        after(1),
      );
      await underTest.inbox.settle(wellFormed, { outcome: 'applied' }, after(1));
      expect((await underTest.inbox.status()).states).toMatchObject({ settled: 99, parked: 1, claimed: 0 });
      const [parked] = await underTest.inbox.list({ states: ['parked'] });
      expect(parked).toMatchObject({
        position: 41,
        code: 'SWEEGO_EVENT_UNREADABLE',
        reason: 'SWEEGO_EVENT_UNREADABLE: not an event',
      });
    });

    it('parks a body that is not JSON and hands out the next request', async () => {
      await underTest.inbox.put(requestOf(bytesOfText('{"cut')));
      await underTest.inbox.put(requestOf({ keys: ['e1'] }));
      expect((await underTest.claim(after(0))).map(({ body }) => textOf(body))).toEqual(['{"keys":["e1"]}']);
      const [parked] = await underTest.inbox.list({ states: ['parked'] });
      expect(parked).toMatchObject({
        code: 'SWEEGO_BODY_UNREADABLE',
        reason: 'SWEEGO_BODY_UNREADABLE: not JSON',
        dueAt: null,
      });
    });

    it('parks a body that cannot be examined, does not show its content, and continues', async () => {
      await underTest.inbox.put(requestOf({ explode: true }));
      await underTest.inbox.put(requestOf({ keys: ['e1'] }));
      expect(await underTest.claim(after(0))).toHaveLength(1);
      const [parked] = await underTest.inbox.list({ states: ['parked'] });
      expect(parked?.reason).toBe('INBOX_DESCRIBE_FAILED: the body could not be examined (TypeError)');
    });

    it('parks a body whose description cannot be used, and continues', async () => {
      await underTest.inbox.put(requestOf({ terms: [7] }));
      await underTest.inbox.put(requestOf({ keys: ['e1'] }));
      expect(await underTest.claim(after(0))).toHaveLength(1);
      const [parked] = await underTest.inbox.list({ states: ['parked'] });
      expect(parked).toMatchObject({ code: 'INBOX_DESCRIBE_FAILED' });
      expect(parked?.reason).toMatch(/^INBOX_DESCRIBE_FAILED: /);
    });

    it('reports a fault of the bridge itself as unexpected, and continues afterwards', async () => {
      await underTest.inbox.put(requestOf({ keys: ['e1'] }));
      const claimWithoutDate = underTest.claim(undefined as unknown as Date);
      await expect(claimWithoutDate).rejects.toMatchObject({ code: 'INBOX_UNEXPECTED', retry: 'later' });
      expect(await underTest.claim(after(0))).toHaveLength(1);
    });

    it('settles an empty array as a visible entry', async () => {
      await underTest.inbox.put(requestOf([]));
      expect(await underTest.claim(after(0))).toEqual([]);
      const [settled] = await underTest.inbox.list({});
      expect(settled).toMatchObject({
        state: 'settled',
        outcome: 'ignored',
        reason: 'ignored: empty array',
      });
    });

    it('parks an array of more than ten thousand elements as a whole', async () => {
      await underTest.inbox.put(requestOf(Array.from({ length: 10_001 }, () => 0)));
      expect(await underTest.claim(after(0))).toEqual([]);
      const [parked] = await underTest.inbox.list({ states: ['parked'] });
      expect(parked).toMatchObject({ code: 'INBOX_TOO_MANY_ELEMENTS' });
      expect(parked?.reason).toContain('INBOX_TOO_MANY_ELEMENTS');
    });

    it('hands out entries in the order of their due time, up to the limit', async () => {
      for (const seconds of [30, 10, 40, 20]) {
        const kind = seconds === 20 ? 'inbound' : 'outbound';
        await underTest.inbox.put(requestOf({ seconds }, { kind, receivedAt: after(seconds) }));
      }
      const firstThree = await underTest.claim(after(60), { limit: 3 });
      expect(firstThree.map(({ receivedAt }) => receivedAt)).toEqual([after(10), after(20), after(30)]);
      expect(await underTest.claim(after(60), { limit: 3 })).toHaveLength(1);
    });

    it('leaves inbound entries in state received while only outbound entries are claimed', async () => {
      await underTest.inbox.put(requestOf({ keys: ['reply'] }, { kind: 'inbound' }));
      await underTest.inbox.put(requestOf({ keys: ['event'] }));
      const entries = await underTest.claim(after(0), { kinds: ['outbound'] });
      expect(entries.map(({ kind }) => kind)).toEqual(['outbound']);
      const inbound = await underTest.inbox.list({ kinds: ['inbound'] });
      expect(inbound).toMatchObject([{ state: 'received', reason: 'received', dueAt: after(0) }]);
      expect(await underTest.claim(after(0), { kinds: ['inbound'] })).toHaveLength(1);
    });

    it('finds the one outbound event behind many replies', async () => {
      const replies = Array.from({ length: 1200 }, () => requestOf({}, { kind: 'inbound' }));
      await Promise.all(replies.map((request) => underTest.inbox.put(request)));
      await underTest.inbox.put(requestOf({ keys: ['event'] }));
      expect(await underTest.claim(after(0), { kinds: ['outbound'] })).toHaveLength(1);
    });

    it('hands out as many new events as one call asks for', async () => {
      await Promise.all(Array.from({ length: 450 }, () => underTest.inbox.put(requestOf({}))));
      expect(await underTest.claim(after(0), { limit: 400 })).toHaveLength(400);
      expect(await underTest.claim(after(0), { limit: 400 })).toHaveLength(50);
    });

    it('returns once it has found something, before it has examined all requests', async () => {
      await underTest.inbox.put(requestOf({ keys: ['reply'] }, { kind: 'inbound' }));
      await Promise.all(Array.from({ length: 1200 }, () => underTest.inbox.put(requestOf({}))));
      expect(await underTest.claim(after(0), { kinds: ['inbound'] })).toHaveLength(1);
      expect((await underTest.inbox.status()).unclaimed).toBeGreaterThan(0);
    });

    it('hands out large replies a few at a time', async () => {
      const body = bytesOfText(JSON.stringify({ text: 'x'.repeat(16 * 1024 * 1024) }));
      for (let count = 0; count < 5; count += 1) await underTest.inbox.put(requestOf(body));
      expect(await underTest.claim(after(0), { kinds: ['log'] })).toEqual([]);
      const sizes: number[] = [];
      for (;;) {
        const entries = await underTest.claim(after(0));
        if (entries.length === 0) break;
        sizes.push(entries.length);
      }
      expect(sizes.length).toBeGreaterThan(1);
      expect(sizes.reduce((sum, size) => sum + size)).toBe(5);
    });

    it('only splits requests when the limit is zero', async () => {
      await underTest.inbox.put(requestOf([{ keys: ['a'] }, { keys: ['b'] }]));
      expect(await underTest.claim(after(0), { limit: 0 })).toEqual([]);
      const { unclaimed, states } = await underTest.inbox.status();
      expect([unclaimed, states.received, states.claimed]).toEqual([0, 2, 0]);
    });

    it('hands out a request that was received before the clock was set back', async () => {
      await underTest.inbox.put(requestOf({}, { receivedAt: after(3600) }));
      expect(await underTest.claim(after(0))).toHaveLength(1);
    });

    it('hands out each entry once to two lanes that claim at the same time', async () => {
      const requests = Array.from({ length: 300 }, (_, number) =>
        requestOf({ number }, { kind: number % 3 === 0 ? 'inbound' : 'outbound' }),
      );
      await Promise.all(requests.map((request) => underTest.inbox.put(request)));
      const lane = async (kind: 'outbound' | 'inbound', limit: number): Promise<number> => {
        let count = 0;
        for (;;) {
          const entries = await underTest.claim(after(0), { kinds: [kind], limit });
          if (entries.length === 0) return count;
          expect(new Set(entries.map((entry) => entry.kind))).toEqual(new Set([kind]));
          const ids = entries.map(({ id }) => id);
          await underTest.inbox.settle(ids, { outcome: 'applied' }, after(1));
          count += ids.length;
        }
      };
      expect(await Promise.all([lane('outbound', 7), lane('inbound', 1)])).toEqual([200, 100]);
      expect((await underTest.inbox.status()).states.settled).toBe(300);
    });

    it('does not lose or repeat an entry when the worker is killed between two steps', async () => {
      const requests = Array.from({ length: 100 }, (_, index) => requestOf({ keys: [`e${index}`] }));
      await Promise.all(requests.map((request) => underTest.inbox.put(request)));
      const run = await runProgramUntilKilled();
      expect(run.signal).toBe('SIGKILL');
      const inbox = await underTest.reopen();
      const { states, unclaimed } = await inbox.status();
      expect({ states, unclaimed }).toEqual({
        unclaimed: 0,
        states: { received: 65, claimed: 7, waiting: 0, settled: 28, parked: 0 },
      });
      expect(await inbox.releaseClaimed(allKinds, after(1))).toEqual({ released: 7, parked: 0 });
      const rest = await inbox.claim({
        kinds: ['outbound'],
        limit: 500,
        now: after(1),
        describe: describeTestBody,
      });
      expect(new Set(rest.map(({ body }) => textOf(body))).size).toBe(72);
    });
  });

  function runProgramUntilKilled() {
    return runProgram('work-until-killed', [underTest.database.url, '5']);
  }
}

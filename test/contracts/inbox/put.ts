import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openInbox } from '../../../src/inbox/open.ts';
import { after, requestOf } from '../../support/inbox/inbox-requests.ts';
import { runProgram } from '../../support/run-program.ts';
import type { InboxUnderTest } from './inbox-contract.ts';

export function registerPutTests(underTest: InboxUnderTest): void {
  describe('storing requests', () => {
    it('keeps every acknowledged request when the process is killed', async () => {
      const run = await runProgram('put-until-killed', [underTest.database.url, '300']);
      expect(run.signal).toBe('SIGKILL');
      expect(run.lines).toHaveLength(300);
      const inbox = await underTest.reopen();
      await underTest.claim(after(0), { limit: 1000 });
      const stored = new Set((await inbox.list({ limit: 1000 })).map(({ requestKey }) => requestKey));
      expect(run.lines.filter((requestKey) => !stored.has(requestKey))).toEqual([]);
    });

    it('shares one commit between concurrent puts', async () => {
      const before = await underTest.database.countCommits();
      await Promise.all(Array.from({ length: 64 }, () => underTest.inbox.put(requestOf({}))));
      expect((await underTest.database.countCommits()) - before).toBe(1);
      await underTest.inbox.put(requestOf({}));
      await underTest.inbox.put(requestOf({}));
      expect((await underTest.database.countCommits()) - before).toBe(3);
    });

    it('gives every concurrent request its own id', async () => {
      const stored = await Promise.all(
        ['first', 'second', 'third'].map((requestKey) => underTest.inbox.put(requestOf({}, { requestKey }))),
      );
      const entries = await underTest.claim(after(0));
      const summaries = await underTest.inbox.list({});
      for (const [index, requestKey] of ['first', 'second', 'third'].entries()) {
        const summary = summaries.find((candidate) => candidate.requestKey === requestKey);
        expect(summary?.requestId).toBe(stored[index]?.requestId);
      }
      expect(new Set(entries.map(({ requestId }) => requestId)).size).toBe(3);
    });

    it('stores further requests after one that no database can store', async () => {
      const impossible = requestOf({}, { receivedAt: new Date(Number.NaN) });
      await expect(underTest.inbox.put(impossible)).rejects.toMatchObject({ code: 'INBOX_WRITE_FAILED' });
      await underTest.inbox.put(requestOf({}));
      expect((await underTest.inbox.status()).unclaimed).toBe(1);
    });

    it('returns the exact bytes, whatever they are', async () => {
      const everyByte = Uint8Array.from({ length: 512 }, (_, index) => index % 256);
      const bodies = [
        everyByte,
        everyByte.subarray(100, 140),
        new Uint8Array(0),
        new Uint8Array(300_000).fill(7),
      ];
      for (const body of bodies) await underTest.inbox.put(requestOf(body));
      await underTest.claim(after(0));
      const ids = (await underTest.inbox.list({})).map(({ id }) => id).reverse();
      const found = await Promise.all(ids.map((id) => underTest.inbox.find(id)));
      expect(found.map((entry) => entry?.body)).toEqual(bodies);
    });

    it('notifies a listener of new requests until it unsubscribes', async () => {
      let calls = 0;
      const unsubscribe = underTest.inbox.onPut(() => (calls += 1));
      await underTest.inbox.put(requestOf({}));
      await nextTurn();
      expect(calls).toBe(1);
      unsubscribe();
      await underTest.inbox.put(requestOf({}));
      await nextTurn();
      expect(calls).toBe(1);
    });

    it('finishes the puts in progress before it closes', async () => {
      const puts = [underTest.inbox.put(requestOf({})), underTest.inbox.put(requestOf({}))];
      const inbox = await underTest.reopen();
      await Promise.all(puts);
      expect((await inbox.status()).unclaimed).toBe(2);
    });

    it('refuses every call once it is closed', async () => {
      const { inbox } = underTest;
      await inbox.close();
      await expect(inbox.put(requestOf({}))).rejects.toMatchObject({ code: 'INBOX_CLOSED' });
      await expect(underTest.claim(after(0))).rejects.toMatchObject({ code: 'INBOX_CLOSED' });
      await expect(inbox.status()).rejects.toMatchObject({ code: 'INBOX_CLOSED' });
    });

    it('works for four processes that open the inbox at the same time, and keeps their requests', async () => {
      const { url, remove } = await underTest.createDatabase();
      const startAt = String(Date.now() + 1500);
      const names = ['a', 'b', 'c', 'd'];
      const runs = await Promise.all(names.map((name) => runProgram('open-and-put', [url, startAt, name])));
      expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
      const inbox = await openInbox(url);
      expect((await inbox.status()).unclaimed).toBe(200);
      await inbox.close();
      await remove();
    });
  });
}

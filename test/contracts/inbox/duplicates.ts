import { describe, expect, it } from 'vitest';
import { after, parkReason, requestOf } from '../../support/inbox/inbox-requests.ts';
import type { InboxUnderTest } from './inbox-contract.ts';

export function registerDuplicateTests(underTest: InboxUnderTest): void {
  /** Stores a request per key list, in order, and tells which of them were handed out. */
  async function deliver(...keyLists: readonly string[][]): Promise<string[][]> {
    for (const [index, keys] of keyLists.entries()) {
      await underTest.inbox.put(requestOf({ keys }, { requestKey: `webhook-${index}` }));
    }
    const entries = await underTest.claim(after(0));
    return entries.map(({ body }) => (JSON.parse(Buffer.from(body).toString()) as { keys: string[] }).keys);
  }

  describe('duplicates', () => {
    it('settles the same event under a new webhook-id as a duplicate', async () => {
      expect(await deliver(['request:1', 'event:1'])).toEqual([['request:1', 'event:1']]);
      const [first] = await underTest.inbox.list({});
      expect(await deliver(['request:2', 'event:1'])).toEqual([]);
      const [repeated] = await underTest.inbox.list({});
      expect(repeated).toMatchObject({
        state: 'settled',
        outcome: 'duplicate',
        reason: `duplicate of ${first?.id}`,
      });
    });

    it('applies an event once when it comes fifty times at once', async () => {
      expect(await deliver(...Array.from({ length: 50 }, () => ['event:1']))).toHaveLength(1);
      expect((await underTest.inbox.status()).states).toMatchObject({ claimed: 1, settled: 49 });
    });

    it('knows an event again that comes twice in one array', async () => {
      await underTest.inbox.put(
        requestOf([{ keys: ['event:1'] }, { keys: ['event:1'] }, { keys: ['event:2'] }]),
      );
      expect((await underTest.claim(after(0))).map(({ position }) => position)).toEqual([0, 2]);
    });

    it('knows an event again that shares a key with a duplicate only', async () => {
      expect(
        await deliver(['event:1'], ['event:1', 'request:2'], ['request:2', 'content:1'], ['content:1']),
      ).toEqual([['event:1']]);
    });

    it('knows an event again after a restart, and while the first is parked', async () => {
      await deliver(['event:1']);
      const [first] = await underTest.inbox.list({});
      await underTest.inbox.park([first?.id ?? 0], parkReason, after(1));
      await underTest.reopen();
      expect(await deliver(['event:1'])).toEqual([]);
    });

    it('never takes different events of one mail for duplicates', async () => {
      const keyLists = ['sent', 'delivered', 'opened'].map((type) => [
        `event:${type}`,
        `content:mail-1:${type}`,
      ]);
      expect(await deliver(...keyLists)).toEqual(keyLists);
    });

    it('never takes events without keys for duplicates', async () => {
      expect(await deliver([], [])).toHaveLength(2);
    });
  });
}

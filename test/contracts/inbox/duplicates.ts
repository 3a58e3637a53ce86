import { describe, expect, it } from 'vitest';
import { after, parkReason, requestOf } from '../../support/inbox/inbox-requests.ts';
import type { InboxUnderTest } from './inbox-contract.ts';

export function registerDuplicateTests(underTest: InboxUnderTest): void {
  /** Stores one request per key list, in order, and returns the key lists that a claim hands out. */
  async function storeAndClaim(...keyLists: readonly string[][]): Promise<string[][]> {
    for (const [index, keys] of keyLists.entries()) {
      await underTest.inbox.put(requestOf({ keys }, { requestKey: `webhook-${index}` }));
    }
    const entries = await underTest.claim(after(0));
    return entries.map(({ body }) => (JSON.parse(Buffer.from(body).toString()) as { keys: string[] }).keys);
  }

  describe('duplicate detection', () => {
    it('settles the same event under a new webhook-id as a duplicate', async () => {
      expect(await storeAndClaim(['request:1', 'event:1'])).toEqual([['request:1', 'event:1']]);
      const [first] = await underTest.inbox.list({});
      expect(await storeAndClaim(['request:2', 'event:1'])).toEqual([]);
      const [repeated] = await underTest.inbox.list({});
      expect(repeated).toMatchObject({
        state: 'settled',
        outcome: 'duplicate',
        reason: `duplicate of ${first?.id}`,
      });
    });

    it('hands out an event once when it arrives fifty times at the same time', async () => {
      expect(await storeAndClaim(...Array.from({ length: 50 }, () => ['event:1']))).toHaveLength(1);
      expect((await underTest.inbox.status()).states).toMatchObject({ claimed: 1, settled: 49 });
    });

    it('recognises an event that is twice in one array', async () => {
      await underTest.inbox.put(
        requestOf([{ keys: ['event:1'] }, { keys: ['event:1'] }, { keys: ['event:2'] }]),
      );
      expect((await underTest.claim(after(0))).map(({ position }) => position)).toEqual([0, 2]);
    });

    it('recognises a repeated event that shares a key only with another duplicate', async () => {
      expect(
        await storeAndClaim(['event:1'], ['event:1', 'request:2'], ['request:2', 'content:1'], ['content:1']),
      ).toEqual([['event:1']]);
    });

    it('recognises a repeated event after a restart, and while the first one is parked', async () => {
      await storeAndClaim(['event:1']);
      const [first] = await underTest.inbox.list({});
      await underTest.inbox.park([first?.id ?? 0], parkReason, after(1));
      await underTest.reopen();
      expect(await storeAndClaim(['event:1'])).toEqual([]);
    });

    it('never treats different events of one mail as duplicates', async () => {
      const keyLists = ['sent', 'delivered', 'opened'].map((type) => [
        `event:${type}`,
        `content:mail-1:${type}`,
      ]);
      expect(await storeAndClaim(...keyLists)).toEqual(keyLists);
    });

    it('never treats events without keys as duplicates', async () => {
      expect(await storeAndClaim([], [])).toHaveLength(2);
    });
  });
}

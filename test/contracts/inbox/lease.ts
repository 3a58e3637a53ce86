import { describe, expect, it } from 'vitest';
import { openInbox } from '../../../src/inbox/open.ts';
import { after } from '../../support/inbox/inbox-requests.ts';
import type { InboxUnderTest } from './inbox-contract.ts';

export function registerLeaseTests(underTest: InboxUnderTest): void {
  const ask = (holder: string, seconds: number, name = 'worker') => ({
    name,
    holder,
    ttlMs: 30_000,
    now: after(seconds),
  });

  describe('lease', () => {
    it('is taken over by one who has himself seen it unrenewed for its whole time', async () => {
      const { inbox } = underTest;
      expect(await inbox.holdLease(ask('first', 0))).toBe(true);
      expect(await inbox.holdLease(ask('second', 500))).toBe(false);
      expect(await inbox.holdLease(ask('second', 529.999))).toBe(false);
      expect(await inbox.holdLease(ask('second', 530))).toBe(true);
      expect(await inbox.holdLease(ask('first', 531))).toBe(false);
    });

    it('stays with a holder who renews it, however far apart the clocks of two machines are', async () => {
      const { inbox } = underTest;
      const hourAhead = await openInbox(underTest.database.url);
      for (const seconds of [0, 20, 40, 60, 80]) {
        expect(await inbox.holdLease(ask('first', seconds))).toBe(true);
        expect(await hourAhead.holdLease(ask('second', 3600 + seconds))).toBe(false);
      }
      expect(await hourAhead.holdLease(ask('second', 3600 + 109))).toBe(false);
      expect(await hourAhead.holdLease(ask('second', 3600 + 110))).toBe(true);
      await hourAhead.close();
    });

    it('is watched anew by one whose clock is set back, and taken over after its time', async () => {
      const { inbox } = underTest;
      await inbox.holdLease(ask('first', 0));
      expect(await inbox.holdLease(ask('second', 3600))).toBe(false);
      expect(await inbox.holdLease(ask('second', 10))).toBe(false);
      expect(await inbox.holdLease(ask('second', 39.999))).toBe(false);
      expect(await inbox.holdLease(ask('second', 40))).toBe(true);
    });

    it('is no longer unrenewed when its holder gave it back and took it again', async () => {
      const watcher = await openInbox(underTest.database.url);
      await underTest.inbox.holdLease(ask('first', 0));
      expect(await watcher.holdLease(ask('second', 0))).toBe(false);
      await underTest.inbox.releaseLease({ name: 'worker', holder: 'first' });
      await underTest.inbox.holdLease(ask('first', 29));
      expect(await watcher.holdLease(ask('second', 30))).toBe(false);
      expect(await watcher.holdLease(ask('second', 60))).toBe(true);
      await watcher.close();
    });

    it('is waited for by the next start when its holder was killed', async () => {
      await underTest.inbox.holdLease(ask('first', 0));
      const restarted = await underTest.reopen();
      expect(await restarted.holdLease(ask('restarted', 5))).toBe(false);
      expect(await restarted.holdLease(ask('restarted', 35))).toBe(true);
    });

    it('is free at once when its holder releases it, and only then', async () => {
      const { inbox } = underTest;
      await inbox.holdLease(ask('first', 0));
      await inbox.releaseLease({ name: 'worker', holder: 'second' });
      expect(await inbox.holdLease(ask('second', 1))).toBe(false);
      await inbox.releaseLease({ name: 'worker', holder: 'first' });
      expect(await inbox.holdLease(ask('second', 1))).toBe(true);
    });

    it('goes to one of two bridges that ask at the same time, for each name', async () => {
      const other = await openInbox(underTest.database.url);
      const answers = await Promise.all([
        underTest.inbox.holdLease(ask('first', 0)),
        other.holdLease(ask('second', 0)),
      ]);
      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(await other.holdLease(ask('second', 0, 'reconciliation'))).toBe(true);
      await other.close();
    });
  });
}

import { describe, expect, it } from 'vitest';
import { openInbox } from '../../../src/inbox/open.ts';
import { after } from '../../support/inbox/inbox-requests.ts';
import type { InboxUnderTest } from './inbox-contract.ts';

export function registerLeaseTests(underTest: InboxUnderTest): void {
  const leaseRequest = (holder: string, seconds: number, name = 'worker') => ({
    name,
    holder,
    ttlMs: 30_000,
    now: after(seconds),
  });

  describe('a lease', () => {
    it('is taken over by a bridge that has itself seen no renewal for the whole duration', async () => {
      const { inbox } = underTest;
      expect(await inbox.holdLease(leaseRequest('first', 0))).toBe(true);
      expect(await inbox.holdLease(leaseRequest('second', 500))).toBe(false);
      expect(await inbox.holdLease(leaseRequest('second', 529.999))).toBe(false);
      expect(await inbox.holdLease(leaseRequest('second', 530))).toBe(true);
      expect(await inbox.holdLease(leaseRequest('first', 531))).toBe(false);
    });

    it('stays with a holder that renews it, however far apart the clocks of two machines are', async () => {
      const { inbox } = underTest;
      const hourAhead = await openInbox(underTest.database.url);
      for (const seconds of [0, 20, 40, 60, 80]) {
        expect(await inbox.holdLease(leaseRequest('first', seconds))).toBe(true);
        expect(await hourAhead.holdLease(leaseRequest('second', 3600 + seconds))).toBe(false);
      }
      expect(await hourAhead.holdLease(leaseRequest('second', 3600 + 109))).toBe(false);
      expect(await hourAhead.holdLease(leaseRequest('second', 3600 + 110))).toBe(true);
      await hourAhead.close();
    });

    it('is observed from the start again when the clock of the observer is set back', async () => {
      const { inbox } = underTest;
      await inbox.holdLease(leaseRequest('first', 0));
      expect(await inbox.holdLease(leaseRequest('second', 3600))).toBe(false);
      expect(await inbox.holdLease(leaseRequest('second', 10))).toBe(false);
      expect(await inbox.holdLease(leaseRequest('second', 39.999))).toBe(false);
      expect(await inbox.holdLease(leaseRequest('second', 40))).toBe(true);
    });

    it('counts as renewed when its holder released it and took it again', async () => {
      const watcher = await openInbox(underTest.database.url);
      await underTest.inbox.holdLease(leaseRequest('first', 0));
      expect(await watcher.holdLease(leaseRequest('second', 0))).toBe(false);
      await underTest.inbox.releaseLease({ name: 'worker', holder: 'first' });
      await underTest.inbox.holdLease(leaseRequest('first', 29));
      expect(await watcher.holdLease(leaseRequest('second', 30))).toBe(false);
      expect(await watcher.holdLease(leaseRequest('second', 60))).toBe(true);
      await watcher.close();
    });

    it('must expire before the next start can take it when its holder was killed', async () => {
      await underTest.inbox.holdLease(leaseRequest('first', 0));
      const restarted = await underTest.reopen();
      expect(await restarted.holdLease(leaseRequest('restarted', 5))).toBe(false);
      expect(await restarted.holdLease(leaseRequest('restarted', 35))).toBe(true);
    });

    it('is free at once when its holder releases it, but not when another bridge does', async () => {
      const { inbox } = underTest;
      await inbox.holdLease(leaseRequest('first', 0));
      await inbox.releaseLease({ name: 'worker', holder: 'second' });
      expect(await inbox.holdLease(leaseRequest('second', 1))).toBe(false);
      await inbox.releaseLease({ name: 'worker', holder: 'first' });
      expect(await inbox.holdLease(leaseRequest('second', 1))).toBe(true);
    });

    it('goes to one of two bridges that ask at the same time, separately for each name', async () => {
      const other = await openInbox(underTest.database.url);
      const answers = await Promise.all([
        underTest.inbox.holdLease(leaseRequest('first', 0)),
        other.holdLease(leaseRequest('second', 0)),
      ]);
      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(await other.holdLease(leaseRequest('second', 0, 'reconciliation'))).toBe(true);
      await other.close();
    });
  });
}

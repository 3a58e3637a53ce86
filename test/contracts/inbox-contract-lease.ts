import { describe, expect, it } from 'vitest';
import { openInbox } from '../../src/inbox/open.ts';
import { after } from '../support/inbox-requests.ts';
import type { InboxUnderTest } from './inbox-contract.ts';

export function registerLeaseTests(underTest: InboxUnderTest): void {
  const ask = (holder: string, seconds: number, name = 'worker') => ({
    name,
    holder,
    ttlMs: 30_000,
    now: after(seconds),
  });

  describe('lease', () => {
    it('is taken over only after it expires', async () => {
      const { inbox } = underTest;
      expect(await inbox.holdLease(ask('first', 0))).toBe(true);
      expect(await inbox.holdLease(ask('second', 29.999))).toBe(false);
      expect(await inbox.holdLease(ask('second', 30))).toBe(true);
      expect(await inbox.holdLease(ask('first', 31))).toBe(false);
    });

    it('lasts as long as its holder renews it', async () => {
      const { inbox } = underTest;
      for (const seconds of [0, 20, 40]) expect(await inbox.holdLease(ask('first', seconds))).toBe(true);
      expect(await inbox.holdLease(ask('second', 69))).toBe(false);
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

import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { EntryOutcome, EntryState, Inbox } from '../../../src/inbox/inbox.ts';

const program = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));

/** An entry as `inbox list --json` prints it. */
export type ListedEntry = {
  id: number;
  state: EntryState;
  outcome: EntryOutcome | null;
  reason: string;
  attempts: number;
  waits: number;
  webhook_id: string;
  position: number | null;
};

export type Listing = { unclaimed: number; entries: readonly ListedEntry[] };

/** What the built program's `inbox list --json` prints for every entry. */
export async function listInbox(databaseUrl: string): Promise<Listing> {
  const words = [program, 'inbox', 'list', '--json', '--limit', '100000'];
  const { stdout } = await promisify(execFile)(process.execPath, words, {
    env: { PATH: process.env['PATH'] ?? '', DATABASE_URL: databaseUrl },
    maxBuffer: 256 * 1024 ** 2,
  });
  return JSON.parse(stdout) as Listing;
}

/**
 * Resolves when no work is left, while a bridge works on the inbox. Waits are cut short: an event about a mail
 * that Odoo does not know would otherwise stay open for more than an hour.
 *
 * @throws Error with the counts and some open entries when it takes longer
 */
export async function finishInbox(
  inbox: Pick<Inbox, 'status' | 'list' | 'shiftWaits'>,
  timeoutMs: number,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const { unclaimed, states } = await inbox.status();
    const working = unclaimed + states.received + states.claimed;
    if (working + states.waiting === 0) return;
    if (working === 0) await inbox.shiftWaits(2 * 3_600_000);
    if (Date.now() > deadline) {
      const open = await inbox.list({ states: ['received', 'claimed', 'waiting'], limit: 3 });
      const descriptions = open.map(({ id, state, reason }) => `${id} ${state}: ${reason}`);
      throw new Error(
        `Not finished: ${unclaimed} unclaimed, ${JSON.stringify(states)}, ${descriptions.join('; ')}`,
      );
    }
    await sleep(200);
  }
}

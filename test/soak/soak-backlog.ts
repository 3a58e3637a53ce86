import { randomUUID } from 'node:crypto';
import { openInbox } from '../../src/inbox/open.ts';
import type { Inbox } from '../../src/inbox/inbox.ts';
import { describeBody } from '../../src/sweego/describe-body.ts';
import { createDatabase } from '../bench/databases.ts';
import { intakeBody } from '../bench/intake-event.ts';

type Print = (line: string) => void;

/** What the worker claims at once. */
const batch = 500;
/** Entries per line of the curve. */
const step = 100_000;
/** The pile that every large one is compared with: drained before the file has grown. */
const smallPile = 20_000;

/**
 * Stores so many webhooks, then claims and settles all of them as the worker does, without an Odoo in between,
 * and prints entries per second as the pile shrinks.
 *
 * @returns whether every entry was handed out exactly once and is settled
 */
export async function soakBacklog(
  entries: number,
  postgresUrl: string | undefined,
  print: Print,
): Promise<boolean> {
  const small = await drainPile(smallPile, postgresUrl, () => undefined);
  print(`${smallPile} entries in an empty inbox: ${small.perSecond.toFixed(0)} entries/s`);
  const large = await drainPile(entries, postgresUrl, print, small.perSecond);
  const ratio = (large.perSecond / small.perSecond).toFixed(2);
  print(`all ${entries}: ${large.perSecond.toFixed(0)} entries/s, ratio to the small pile ${ratio}`);
  return small.isRight && large.isRight;
}

async function drainPile(
  count: number,
  postgresUrl: string | undefined,
  print: Print,
  reference = Number.NaN,
): Promise<{ perSecond: number; isRight: boolean }> {
  const database = await createDatabase(postgresUrl);
  const inbox = await openInbox(database.url);
  try {
    const storedIn = await storePile(inbox, count);
    print(`${count} stored, ${((count / storedIn) * 1000).toFixed(0)}/s`);
    const seen = new Set<number>();
    const start = performance.now();
    for (let last = start, slowest = 0, more = true; more;) {
      const turn = performance.now();
      const claimed = await claimAndSettle(inbox, seen);
      slowest = Math.max(slowest, performance.now() - turn);
      more = claimed > 0;
      if (claimed === 0 || seen.size % step !== 0) continue;
      const perSecond = (step / (performance.now() - last)) * 1000;
      const asked = performance.now();
      await inbox.status();
      const statusMs = performance.now() - asked;
      print(
        `${String(seen.size).padStart(9)} drained  ${perSecond.toFixed(0).padStart(6)} entries/s  ` +
          `ratio ${(perSecond / reference).toFixed(2)}  slowest batch ${slowest.toFixed(0)} ms  ` +
          `status() ${statusMs.toFixed(1)} ms`,
      );
      last = performance.now();
      slowest = 0;
    }
    const perSecond = (count / (performance.now() - start)) * 1000;
    const { states, unclaimed } = await inbox.status();
    return { perSecond, isRight: seen.size === count && states.settled === count && unclaimed === 0 };
  } finally {
    await inbox.close();
    await database.drop();
  }
}

async function storePile(inbox: Inbox, count: number): Promise<number> {
  const start = performance.now();
  for (let first = 0; first < count; first += batch) {
    const receivedAt = new Date();
    const size = Math.min(batch, count - first);
    await Promise.all(
      Array.from({ length: size }, (_, index) =>
        inbox.put({
          direction: 'outbound',
          webhookId: randomUUID(),
          body: Buffer.from(intakeBody(first + index, receivedAt)),
          receivedAt,
          secretId: 'server:1:outbound',
        }),
      ),
    );
  }
  return performance.now() - start;
}

async function claimAndSettle(inbox: Inbox, seen: Set<number>): Promise<number> {
  const now = new Date();
  const entries = await inbox.claim({ directions: ['outbound'], limit: batch, now, describe: describeBody });
  if (entries.length === 0) return 0;
  const ids = entries.map(({ id }) => id);
  for (const id of ids) seen.add(id);
  await inbox.settle(ids, { outcome: 'applied' }, now);
  return ids.length;
}

import { randomUUID } from 'node:crypto';
import type { Inbox } from '../../src/inbox/inbox.ts';
import { openInbox } from '../../src/inbox/open.ts';
import { describeBody } from '../../src/sweego/describe-body.ts';
import { createDatabase } from '../bench/databases.ts';
import { intakeBody } from '../bench/intake/intake-event.ts';

type Print = (line: string) => void;

/** Number of entries that the worker claims at once. */
const batch = 500;
/** Entries per printed line. */
const step = 100_000;
/** Size of the small backlog that the large one is compared with. Its file is still small. */
const smallBacklog = 20_000;

/**
 * Stores this many webhooks, then claims and settles all of them as the worker does but without an Odoo, and prints
 * entries per second while the backlog shrinks.
 *
 * @returns whether every entry was handed out exactly once and is settled
 */
export async function soakBacklog(
  entries: number,
  postgresUrl: string | undefined,
  print: Print,
): Promise<boolean> {
  const before = await drainBacklog(smallBacklog, postgresUrl, print);
  const large = await drainBacklog(entries, postgresUrl, print);
  // A second small run, because the load of the machine may have changed during the large one.
  const after = await drainBacklog(smallBacklog, postgresUrl, print);
  const smallSpeed = Math.sqrt(before.perSecond * after.perSecond);
  print(
    `ratio of the large pile to the mean of the two small ones: ${(large.perSecond / smallSpeed).toFixed(2)}`,
  );
  return [before, large, after].every(({ isRight }) => isRight);
}

async function drainBacklog(
  count: number,
  postgresUrl: string | undefined,
  print: Print,
): Promise<{ perSecond: number; isRight: boolean }> {
  const database = await createDatabase(postgresUrl);
  const inbox = await openInbox(database.url);
  try {
    const storedIn = await storeBacklog(inbox, count);
    print(`${count} stored, ${((count / storedIn) * 1000).toFixed(0)}/s`);
    const seen = new Set<number>();
    const start = performance.now();
    for (let done = 0; done < count; done = seen.size) {
      const share = await drainStep(inbox, Math.min(count, done + step), seen);
      if (share === 0) break;
    }
    const perSecond = (count / (performance.now() - start)) * 1000;
    const { states, unclaimed } = await inbox.status();
    return { perSecond, isRight: seen.size === count && states.settled === count && unclaimed === 0 };
  } finally {
    await inbox.close();
    await database.drop();
  }

  /** @returns how many entries it drained */
  async function drainStep(inbox: Inbox, until: number, seen: Set<number>): Promise<number> {
    const before = seen.size;
    const cpuBefore = process.cpuUsage();
    const start = performance.now();
    let slowestMs = 0;
    for (let claimed = 1; claimed > 0 && seen.size < until;) {
      const turn = performance.now();
      claimed = await claimAndSettle(inbox, seen);
      slowestMs = Math.max(slowestMs, performance.now() - turn);
    }
    const wallMs = performance.now() - start;
    const { user, system } = process.cpuUsage(cpuBefore);
    const drained = seen.size - before;
    const asked = performance.now();
    await inbox.status();
    const statusMs = performance.now() - asked;
    print(
      `${String(seen.size).padStart(9)} drained  ${((drained / wallMs) * 1000).toFixed(0).padStart(6)} entries/s  ` +
        `cpu ${((user + system) / drained).toFixed(0).padStart(4)} µs per entry  ` +
        `slowest batch ${slowestMs.toFixed(0).padStart(5)} ms  status() ${statusMs.toFixed(1)} ms`,
    );
    return drained;
  }
}

async function storeBacklog(inbox: Inbox, count: number): Promise<number> {
  const start = performance.now();
  for (let first = 0; first < count; first += batch) {
    const receivedAt = new Date();
    const size = Math.min(batch, count - first);
    await Promise.all(
      Array.from({ length: size }, (_, index) =>
        inbox.put({
          kind: 'outbound',
          requestKey: randomUUID(),
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
  const entries = await inbox.claim({ kinds: ['outbound'], limit: batch, now, describe: describeBody });
  if (entries.length === 0) return 0;
  const ids = entries.map(({ id }) => id);
  for (const id of ids) seen.add(id);
  await inbox.settle(ids, { outcome: 'applied' }, now);
  return ids.length;
}

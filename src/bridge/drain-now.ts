import type { ServeConfig } from '../config.ts';
import { workerLease } from '../flows/worker/worker-lease.ts';
import type { EntrySummary, Inbox } from '../inbox/inbox.ts';
import type { Log } from '../log.ts';
import { createBridgeWorker, sleep, workerKinds } from './bridge-worker.ts';

const lookEveryMs = 100;
/** How often this process asks for a lease that a killed process may have left. */
const askEveryMs = 500;
const timesToAsk = Math.ceil(workerLease.ttlMs / askEveryMs) + 2;

/**
 * How draining ended. `served`: another process keeps renewing the lease, so it does the work. `done`: the work is
 * finished; `worker` names the process that did it.
 */
export type DrainEnd =
  { kind: 'done'; worker: 'serve' | 'now' } | { kind: 'served' } | { kind: 'odoo_down'; code: string };

type DrainDeps = { now: () => Date; log: Log };

/**
 * Resolves when every entry is settled, parked or waiting, or when Odoo as a whole is unavailable. Only one process may
 * write to Odoo: while a `serve` does, this process only watches. The lease of a killed `serve` is taken over when it
 * was not renewed for its whole duration; then this process works as `serve` does.
 *
 * @throws BridgeError INBOX_*
 */
export async function drainNow(
  config: ServeConfig,
  inbox: Inbox,
  ids: readonly number[],
  deps: DrainDeps,
): Promise<DrainEnd> {
  const { odoo, worker, holder } = createBridgeWorker(config, inbox, deps);
  try {
    const left = [...ids];
    const ask = () => inbox.holdLease({ ...workerLease, holder, now: deps.now() });
    for (let asked = 1; !(await ask()); asked += 1) {
      if (!(await isAnyUnderWay(inbox, left))) return { kind: 'done', worker: 'serve' };
      if (asked === timesToAsk) return { kind: 'served' };
      await sleep(askEveryMs);
    }
    worker.start();
    while (worker.contact().state !== 'down' && (await isAnyUnderWay(inbox, left))) await sleep(lookEveryMs);
    // The current turn still updates `contact`.
    await worker.stop();
    const contact = worker.contact();
    return contact.state === 'down'
      ? { kind: 'odoo_down', code: contact.code }
      : { kind: 'done', worker: 'now' };
  } finally {
    await worker.stop();
    await inbox.releaseLease({ name: workerLease.name, holder });
    await odoo.close();
  }
}

/** Whether no process works on the inbox. False for some seconds after a `serve` was killed. */
export async function isUnserved(inbox: Inbox, now: Date): Promise<boolean> {
  const holder = `look:${process.pid}`;
  const held = await inbox.holdLease({ ...workerLease, holder, now });
  if (held) await inbox.releaseLease({ name: workerLease.name, holder });
  return held;
}

/** Drops finished entries from the front of `ids`, so that each look is cheap. */
async function isAnyUnderWay(inbox: Inbox, ids: number[]): Promise<boolean> {
  for (let [id] = ids; id !== undefined; [id] = ids) {
    if (isUnderWay(await inbox.find(id))) return true;
    ids.shift();
  }
  return false;
}

/** Kinds that the worker does not handle would never end, so they do not count. */
function isUnderWay(entry: EntrySummary | undefined): boolean {
  return (
    entry !== undefined &&
    workerKinds.includes(entry.kind) &&
    (entry.state === 'received' || entry.state === 'claimed')
  );
}

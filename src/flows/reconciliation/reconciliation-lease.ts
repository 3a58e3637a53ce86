import type { Inbox } from '../../inbox/inbox.ts';
import type { Occasion } from './reconciliation-memory.ts';

/** One process at a time reconciles. The lease of a killed process expires when it was not renewed for `ttlMs`. */
const lease = { name: 'reconciliation', ttlMs: 30_000 } as const;
const heartbeatMs = 10_000;
const askEveryMs = 1_000;

export type ReconciliationLeaseDeps = {
  inbox: Pick<Inbox, 'holdLease' | 'releaseLease'>;
  /** The name of this process in the lease. */
  holder: string;
  now: () => Date;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
};

/**
 * Does the work while this process holds the lease, and renews the lease meanwhile.
 *
 * @param work receives a signal that aborts when the lease is lost
 * @returns undefined when another process holds the lease; a command asks for 40 seconds to be sure of that
 * @throws BridgeError INBOX_*, and every error of the work
 */
export async function withReconciliationLease<Result>(
  deps: ReconciliationLeaseDeps,
  occasion: Occasion,
  stopping: AbortSignal,
  work: (lost: AbortSignal) => Promise<Result>,
): Promise<Result | undefined> {
  if (!(await takeLease(deps, occasion, stopping))) return undefined;
  const finished = new AbortController();
  const lost = new AbortController();
  const keeping = keepLease(deps, finished.signal, lost);
  try {
    return await work(lost.signal);
  } finally {
    finished.abort();
    await keeping;
    await deps.inbox.releaseLease({ name: lease.name, holder: deps.holder });
  }
}

/** A command asks for long enough to notice that the holder was killed and renews nothing. */
async function takeLease(
  { inbox, holder, now, sleep }: ReconciliationLeaseDeps,
  occasion: Occasion,
  stopping: AbortSignal,
): Promise<boolean> {
  const attempts = occasion === 'command' ? (lease.ttlMs + heartbeatMs) / askEveryMs : 1;
  for (let attempt = 1; !stopping.aborted; attempt += 1) {
    if (await inbox.holdLease({ ...lease, holder, now: now() })) return true;
    if (attempt >= attempts) return false;
    await sleep(askEveryMs, stopping);
  }
  return false;
}

async function keepLease(
  { inbox, holder, now, sleep }: ReconciliationLeaseDeps,
  finished: AbortSignal,
  lost: AbortController,
): Promise<void> {
  while (!finished.aborted && !lost.signal.aborted) {
    await sleep(heartbeatMs, finished);
    if (finished.aborted) return;
    const isHeld = await inbox.holdLease({ ...lease, holder, now: now() }).catch(() => false);
    if (!isHeld) lost.abort();
  }
}

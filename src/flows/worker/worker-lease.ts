import { bridgeError, codeOf } from '../../errors.ts';
import type { BridgeError } from '../../errors.ts';
import type { Inbox } from '../../inbox/inbox.ts';
import type { Log } from '../../log.ts';

/** Only its holder writes to Odoo. Another process takes over after `ttlMs` without a sign of life. */
export const workerLease = { name: 'worker', ttlMs: 6_000 } as const;
const heartbeatMs = 2_000;
/** Renewed so lately it needs no renewing: turns of several lanes come thick, and each renewal is a commit. */
const freshMs = 1_000;

export type WorkerLeaseDeps = {
  inbox: Pick<Inbox, 'holdLease' | 'releaseLease'>;
  /** Names this process in the lease. */
  holder: string;
  now: () => Date;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  log: Pick<Log, 'error'>;
};

/** The right to write to Odoo, which one process at a time has. */
export type WorkerLease = {
  /**
   * Takes or renews it; undefined while it is somebody else's. `tenure` is another number each time that
   * somebody else may have had it in between.
   *
   * @throws BridgeError INBOX_*: it may be somebody else's by now
   */
  hold(): Promise<{ tenure: number } | undefined>;
  /** Whether it was renewed so lately that nobody else can have it. */
  isHeld(): boolean;
  /** Renews it beside the work, since a batch can take longer than it lasts, until the signal aborts. */
  keep(signal: AbortSignal): Promise<void>;
  release(): Promise<void>;
};

export function createWorkerLease({ inbox, holder, now, sleep, log }: WorkerLeaseDeps): WorkerLease {
  let renewedAt: number | undefined;
  let tenure = 0;

  async function renew(): Promise<boolean> {
    // Before the call: the time of the call itself counts against us.
    const at = now();
    let held = false;
    try {
      held = await inbox.holdLease({ ...workerLease, holder, now: at });
    } finally {
      if (held && !isHeld()) tenure += 1;
      // A lease that could not be renewed counts as lost, although it usually is not.
      renewedAt = held ? at.getTime() : undefined;
    }
    return held;
  }

  /** A clock that was set, in either direction, makes it look older: it is renewed before it is relied on. */
  function isHeld(): boolean {
    return isRenewedSince(workerLease.ttlMs);
  }

  function isRenewedSince(ms: number): boolean {
    return renewedAt !== undefined && Math.abs(now().getTime() - renewedAt) < ms;
  }

  return {
    async hold() {
      if (isRenewedSince(freshMs)) return { tenure };
      return (await renew()) ? { tenure } : undefined;
    },
    isHeld,
    async keep(signal) {
      let failing: string | undefined;
      while (!signal.aborted) {
        await sleep(heartbeatMs, signal);
        // Only what the worker itself has taken is renewed.
        if (signal.aborted || renewedAt === undefined) continue;
        try {
          await renew();
          failing = undefined;
        } catch (error) {
          if (failing !== codeOf(error)) log.error({ code: codeOf(error) }, 'worker cannot renew its lease');
          failing = codeOf(error);
        }
      }
    },
    async release() {
      if (renewedAt === undefined) return;
      renewedAt = undefined;
      await inbox.releaseLease({ name: workerLease.name, holder });
    },
  };
}

/**
 * For each write that only the holder may make.
 *
 * @throws BridgeError INBOX_LEASE_LOST: another process may hold the lease by now
 */
export function requireHeld(lease: Pick<WorkerLease, 'isHeld'>): void {
  if (!lease.isHeld()) throw leaseLost();
}

/** Nothing is said about the entries: they are given back, or whoever has the lease takes them over. */
function leaseLost(): BridgeError {
  const what = 'The worker could not renew its lease in time, so it writes nothing more to Odoo';
  return bridgeError('INBOX_LEASE_LOST', what);
}

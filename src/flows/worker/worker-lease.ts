import { bridgeError, codeOf } from '../../errors.ts';
import type { BridgeError } from '../../errors.ts';
import type { Inbox } from '../../inbox/inbox.ts';
import type { Log } from '../../log.ts';

/**
 * Only its holder changes mails and posts replies in Odoo; activities may be written without it. Another process takes
 * over when the lease was not renewed for `ttlMs`.
 */
export const workerLease = { name: 'worker', ttlMs: 6_000 } as const;
const heartbeatMs = 2_000;
/** A lease renewed this recently is not renewed again: turns of several lanes follow closely, and each renewal is a commit. */
const freshMs = 1_000;

type WorkerLeaseDeps = {
  inbox: Pick<Inbox, 'holdLease' | 'releaseLease'>;
  /** The name of this process in the lease. */
  holder: string;
  now: () => Date;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  log: Pick<Log, 'error'>;
};

/** The right to write to Odoo; one process at a time has it. */
export type WorkerLease = {
  /**
   * Takes or renews the lease; undefined while another process holds it. `tenure` changes each time another process
   * may have held it in between.
   *
   * @throws BridgeError INBOX_*: another process may hold it by now
   */
  hold(): Promise<{ tenure: number } | undefined>;
  /** Whether it was renewed so recently that no other process can hold it. */
  isHeld(): boolean;
  /** Renews it until the signal aborts, because a batch can take longer than the lease lasts. */
  keep(signal: AbortSignal): Promise<void>;
  release(): Promise<void>;
};

export function createWorkerLease({ inbox, holder, now, sleep, log }: WorkerLeaseDeps): WorkerLease {
  let renewedAt: number | undefined;
  let tenure = 0;

  async function renew(): Promise<boolean> {
    // Read before the call, because the lease may already count from the beginning of the call.
    const at = now();
    let held = false;
    try {
      held = await inbox.holdLease({ ...workerLease, holder, now: at });
    } finally {
      if (held && !isHeld()) tenure += 1;
      // Without an answer the lease counts as lost, although it is usually still ours.
      renewedAt = held ? at.getTime() : undefined;
    }
    return held;
  }

  /** When the clock was changed in either direction, the lease looks expired and is renewed before it is used. */
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
        // Only a lease that the worker has taken is renewed.
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
 * Call it before each write that only the holder may make.
 *
 * @throws BridgeError INBOX_LEASE_LOST: another process may hold the lease by now
 */
export function requireHeld(lease: Pick<WorkerLease, 'isHeld'>): void {
  if (!lease.isHeld()) throw leaseLost();
}

/** The entries get no result: they are released, or the new holder of the lease takes them over. */
function leaseLost(): BridgeError {
  const what = 'The worker could not renew its lease in time, so it writes nothing more to Odoo';
  return bridgeError('INBOX_LEASE_LOST', what);
}

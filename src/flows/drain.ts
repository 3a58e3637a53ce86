import { BridgeError } from '../errors.ts';
import type { DescribeBody, Entry, Inbox } from '../inbox/inbox.ts';
import type { BridgeActions } from '../odoo/bridge-actions.ts';
import { pauseMs } from '../rules/retry.ts';
import { applyEvents } from './apply-events.ts';
import type { EntryResult } from './decide-events.ts';
import { isolateFailures } from './isolate-failures.ts';
import { recordResults } from './record-results.ts';
import type { SettingsKeeper } from './settings.ts';

/** Entries claimed at once while all goes well. */
const mostEntries = 500;
/** Longest sleep without anything to do, milliseconds; a new webhook wakes the worker at once. */
const idleMs = 1_000;
const leaseName = 'worker';
const leaseTtlMs = 15_000;
/** A turn can take longer than the lease lasts, so it is renewed beside the work. */
const heartbeatMs = 5_000;

export type WorkerDeps = {
  inbox: Inbox;
  actions: Pick<BridgeActions, 'read' | 'apply'>;
  settings: Pick<SettingsKeeper, 'current' | 'refresh'>;
  describe: DescribeBody;
  /** Names this process in the lease. */
  holder: string;
  now: () => Date;
  random: () => number;
  /** Resolves after so many milliseconds, or at once when the signal aborts. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  log: {
    debug(fields: Readonly<Record<string, unknown>>, message: string): void;
    info(fields: Readonly<Record<string, unknown>>, message: string): void;
    warn(fields: Readonly<Record<string, unknown>>, message: string): void;
    error(fields: Readonly<Record<string, unknown>>, message: string): void;
  };
};

/** What the last contact with Odoo was like. */
export type OdooContact = { state: 'unknown' | 'up' } | { state: 'down'; code: string; since: Date };

export type Worker = {
  start(): void;
  /** Claims nothing more; resolves when the running batch is finished and the lease given back. */
  stop(): Promise<void>;
  contact(): OdooContact;
};

/**
 * Moves entries from the inbox to Odoo, one batch after the other, while this process holds the lease: only
 * its holder writes to Odoo. When Odoo as a whole is at fault (down, key refused, not provisioned), the
 * batch is given back untouched, no attempt is used up, and the worker pauses, longer each time.
 */
export function createWorker(deps: WorkerDeps): Worker {
  const stopping = new AbortController();
  let wake = new AbortController();
  let running: Promise<void> | undefined;
  let contact: OdooContact = { state: 'unknown' };
  let hasLease = false;
  /** A turn ended without saying what became of what it had claimed (the inbox could not be written). */
  let mayHoldClaims = false;
  const finished = new AbortController();
  let limit = mostEntries;
  /** Odoo answered a probe in this turn. */
  let hasProbed = false;

  async function run(): Promise<void> {
    const unsubscribe = deps.inbox.onPut(() => wake.abort());
    let failures = 0;
    try {
      while (!stopping.signal.aborted) {
        wake = new AbortController();
        const turn = await takeTurn();
        failures = turn.kind === 'failed' ? failures + 1 : 0;
        if (turn.kind === 'worked') continue;
        const ms = turn.kind === 'failed' ? pauseMs(failures, deps.random()) : idleMs;
        // A new webhook is no reason to end a pause: Odoo is still down.
        const signals = turn.kind === 'failed' ? [stopping.signal] : [stopping.signal, wake.signal];
        await deps.sleep(ms, AbortSignal.any(signals));
      }
    } finally {
      unsubscribe();
      finished.abort();
      if (hasLease) await deps.inbox.releaseLease({ name: leaseName, holder: deps.holder });
    }
  }

  async function takeTurn(): Promise<{ kind: 'worked' | 'idle' | 'failed' }> {
    try {
      if (!(await holdLease())) return { kind: 'idle' };
      if (mayHoldClaims) await releaseClaims();
      hasProbed = contact.state === 'down' && (await probe());
      if (contact.state === 'down') return { kind: 'failed' };
      const entries = await claim();
      if (entries.length === 0) return { kind: 'idle' };
      const worked = await work(entries);
      return { kind: worked ? 'worked' : 'failed' };
    } catch (error) {
      mayHoldClaims = true;
      deps.log.error({ code: codeOf(error) }, 'worker turn failed');
      return { kind: 'failed' };
    }
  }

  async function holdLease(): Promise<boolean> {
    const now = deps.now();
    const held = await deps.inbox.holdLease({ name: leaseName, holder: deps.holder, ttlMs: leaseTtlMs, now });
    if (held && !hasLease) mayHoldClaims = true;
    hasLease = held;
    return held;
  }

  /** Only the holder of the lease claims, and no turn is running: whatever is claimed was left behind. */
  async function releaseClaims(): Promise<void> {
    const { released, parked } = await deps.inbox.releaseClaimed(deps.now());
    mayHoldClaims = false;
    deps.log.info({ released, parked }, 'worker holds the lease');
  }

  async function keepLease(): Promise<void> {
    while (!finished.signal.aborted) {
      await deps.sleep(heartbeatMs, finished.signal);
      if (!hasLease || finished.signal.aborted) continue;
      try {
        await holdLease();
      } catch (error) {
        deps.log.error({ code: codeOf(error) }, 'worker cannot renew its lease');
      }
    }
  }

  /** While Odoo is down nothing is claimed, so that a backlog is not moved back and forth. */
  async function probe(): Promise<boolean> {
    try {
      await deps.settings.refresh();
      noteContact({ state: 'up' });
      return true;
    } catch (error) {
      noteContact({ state: 'down', code: codeOf(error), since: deps.now() });
      return false;
    }
  }

  function claim(): Promise<Entry[]> {
    return deps.inbox.claim({
      directions: ['outbound'],
      limit,
      now: deps.now(),
      describe: deps.describe,
    });
  }

  /** False when the batch was given back because Odoo as a whole is at fault. */
  async function work(entries: readonly Entry[]): Promise<boolean> {
    let results: ReadonlyMap<number, EntryResult>;
    try {
      const settings = deps.settings.current() ?? (await deps.settings.refresh());
      const applyDeps = { actions: deps.actions, settings, log: deps.log };
      results = await isolateFailures((batch) => applyEvents(applyDeps, batch), entries);
    } catch (error) {
      await giveBack(entries, error);
      return false;
    }
    noteContact({ state: 'up' });
    limit = Math.min(mostEntries, limit * 2);
    await recordResults(deps, entries, results);
    return true;
  }

  /**
   * Gives a batch back untouched and takes a smaller one next time. An entry that fails alone, right after
   * Odoo answered the probe, is at fault itself: otherwise it would hold up everything behind it for ever.
   */
  async function giveBack(entries: readonly Entry[], error: unknown): Promise<void> {
    const now = deps.now();
    const [only] = entries;
    if (only !== undefined && entries.length === 1 && hasProbed && error instanceof BridgeError) {
      await recordResults(deps, entries, new Map([[only.id, { kind: 'failed', error }]]));
    } else {
      const ids = entries.map(({ id }) => id);
      await deps.inbox.wait(ids, { until: now, reason: codeOf(error), counts: 'nothing', now });
    }
    limit = Math.max(1, Math.floor(entries.length / 2));
    noteContact({ state: 'down', code: codeOf(error), since: now });
  }

  function noteContact(next: OdooContact): void {
    if (next.state === 'down' && contact.state === 'down' && contact.code === next.code) return;
    if (next.state !== contact.state || next.state === 'down') {
      if (next.state === 'down') deps.log.error({ code: next.code }, 'Odoo cannot be worked with: pausing');
      else deps.log.info({}, 'Odoo answers');
    }
    contact = next;
  }

  return {
    start() {
      running ??= Promise.all([run(), keepLease()]).then(() => undefined);
    },
    async stop() {
      stopping.abort();
      await running;
    },
    contact: () => contact,
  };
}

function codeOf(error: unknown): string {
  if (error instanceof BridgeError) return error.code;
  return error instanceof Error ? error.name : 'unknown';
}

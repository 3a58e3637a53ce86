import { BridgeError } from '../errors.ts';
import type { DescribeBody, Direction, Entry, Inbox } from '../inbox/inbox.ts';
import { describeError } from '../log.ts';
import type { BridgeActions } from '../odoo/bridge-actions.ts';
import { pauseMs } from '../rules/retry.ts';
import { applyEvents } from './apply-events.ts';
import { createClockWatch } from './clock-watch.ts';
import type { EntryResult } from './decide-events.ts';
import { isolateFailures } from './isolate-failures.ts';
import { createOdooContact, type OdooContact } from './odoo-contact.ts';
import { recordResults } from './record-results.ts';
import { createClaimRelease } from './release-claims.ts';
import { createRetention, type RetentionDeps } from './retention.ts';
import type { SettingsKeeper } from './settings.ts';
import { createSuspects } from './suspects.ts';
import { createWorkerLease, leaseLost } from './worker-lease.ts';
import { codeOf, type WorkerLog } from './worker-log.ts';

/** Entries claimed at once while all goes well. */
const mostEntries = 500;
/** Longest sleep without anything to do, milliseconds; a new webhook wakes the worker at once. */
const idleMs = 1_000;
/** What it takes; entries of other kinds stay as they are. */
export const workerDirections: readonly Direction[] = ['outbound'];
/** While the inbox itself fails, pauses stop growing here: a replica must be able to take over within seconds. */
const mostInboxFailures = 3;

export type WorkerDeps = {
  inbox: Inbox;
  actions: Pick<BridgeActions, 'read' | 'apply'>;
  settings: Pick<SettingsKeeper, 'current' | 'refresh'>;
  describe: DescribeBody;
  retain: RetentionDeps['retain'];
  /** Names this process in the lease. */
  holder: string;
  now: () => Date;
  random: () => number;
  /** Resolves after so many milliseconds, or at once when the signal aborts. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  log: WorkerLog;
};

export type Worker = {
  start(): void;
  /** Claims nothing more; resolves when the running batch is finished and the lease given back. */
  stop(): Promise<void>;
  contact(): OdooContact;
};

/** How a turn ended; `failed` because Odoo or the inbox as a whole is at fault. */
type Turn = 'worked' | 'idle' | 'not the holder' | 'odoo failed' | 'inbox failed';

/**
 * Moves entries from the inbox to Odoo, one batch after the other, while this process holds the lease: only
 * its holder writes to Odoo. When Odoo as a whole is at fault (down, key refused, not provisioned), the
 * batch is given back untouched, no attempt is used up, and the worker pauses, longer each time.
 */
export function createWorker(deps: WorkerDeps): Worker {
  const { inbox, log, now } = deps;
  const stopping = new AbortController();
  const lease = createWorkerLease(deps);
  const contact = createOdooContact(deps);
  const clock = createClockWatch(deps);
  const releaseClaims = createClaimRelease(deps);
  const takeRetentionStep = createRetention(deps);
  const suspects = createSuspects();
  let running: Promise<void> | undefined;
  let wake = new AbortController();
  /** A turn ended without saying what became of what it had claimed (the inbox could not be written). */
  let mayHoldClaims = false;
  let turnFailure: string | undefined;
  let limit = mostEntries;
  /** Writes nothing on the strength of a lease that may be somebody else's by now. */
  const actions: WorkerDeps['actions'] = {
    read: (messageIds) => deps.actions.read(messageIds),
    apply: async (changes) => {
      if (!lease.isHeld()) throw leaseLost();
      const results = await deps.actions.apply(changes);
      suspects.acquit();
      return results;
    },
  };

  async function run(): Promise<void> {
    const finished = new AbortController();
    const keeping = lease.keep(finished.signal);
    const unsubscribe = inbox.onPut(() => wake.abort());
    let failures = 0;
    try {
      while (!stopping.signal.aborted) {
        wake = new AbortController();
        const turn = await takeTurn();
        const hasFailed = turn === 'odoo failed' || turn === 'inbox failed';
        failures = hasFailed ? failures + 1 : 0;
        if (turn === 'worked') continue;
        const counted = turn === 'inbox failed' ? Math.min(failures, mostInboxFailures) : failures;
        const ms = hasFailed ? pauseMs(counted, deps.random()) : idleMs;
        // A new webhook ends no other pause: what failed still does, and a lease is nearer for nobody.
        const signals = turn === 'idle' ? [stopping.signal, wake.signal] : [stopping.signal];
        await deps.sleep(ms, AbortSignal.any(signals));
      }
    } finally {
      unsubscribe();
      finished.abort();
      await keeping;
      await lease.release();
    }
  }

  async function takeTurn(): Promise<Turn> {
    try {
      const turn = await takeTurnAsHolder();
      turnFailure = undefined;
      return turn;
    } catch (error) {
      mayHoldClaims = true;
      if (turnFailure !== codeOf(error)) {
        log.error({ ...describeError(error), code: codeOf(error) }, 'worker turn failed');
      }
      turnFailure = codeOf(error);
      return 'inbox failed';
    }
  }

  async function takeTurnAsHolder(): Promise<Turn> {
    const { isHeld, isNew } = await lease.hold();
    if (!isHeld) {
      clock.skip();
      contact.forget();
      return 'not the holder';
    }
    await clock.look();
    await releaseClaims(isNew || mayHoldClaims);
    mayHoldClaims = false;
    const turn = await workOnce();
    await takeRetentionStep();
    return turn;
  }

  async function workOnce(): Promise<Turn> {
    // While Odoo is down nothing is claimed, so that a backlog is not moved back and forth.
    const isProbing = contact.current().state === 'down';
    if (isProbing && !(await probe())) return 'odoo failed';
    if (!lease.isHeld()) throw leaseLost();
    const entries = await inbox.claim({
      directions: workerDirections,
      limit,
      now: now(),
      describe: deps.describe,
    });
    if (entries.length > 0) return work(entries, isProbing);
    if (isProbing) contact.noteUp();
    return 'idle';
  }

  async function probe(): Promise<boolean> {
    try {
      await deps.settings.refresh();
      return true;
    } catch (error) {
      contact.noteDown(error);
      return false;
    }
  }

  /** @param hasProbed Odoo has just answered */
  async function work(entries: readonly Entry[], hasProbed: boolean): Promise<Turn> {
    let results: ReadonlyMap<number, EntryResult>;
    try {
      const settings = deps.settings.current() ?? (await deps.settings.refresh());
      results = await isolateFailures((batch) => applyEvents({ actions, settings, log }, batch), entries);
    } catch (error) {
      return giveBack(entries, error, hasProbed);
    }
    contact.noteUp();
    limit = Math.min(mostEntries, limit * 2);
    await recordResults(deps, entries, results);
    return 'worked';
  }

  /**
   * Gives a batch back untouched and takes a smaller one next time. An entry that fails alone, right after
   * Odoo answered the probe, and is the only one, is at fault itself: otherwise it would hold up everything behind
   * it for ever.
   */
  async function giveBack(entries: readonly Entry[], error: unknown, hasProbed: boolean): Promise<Turn> {
    const isOurs = error instanceof BridgeError && error.scope === 'bridge';
    const [only] = hasProbed && entries.length === 1 ? entries : [];
    if (!isOurs && only !== undefined && error instanceof BridgeError && suspects.accuse(only.id)) {
      await recordResults(deps, entries, new Map([[only.id, { kind: 'failed', error }]]));
    } else {
      const ids = entries.map(({ id }) => id);
      const at = now();
      await inbox.wait(ids, { until: at, reason: codeOf(error), counts: 'nothing', now: at });
    }
    if (isOurs) {
      log.warn({ code: error.code, entries: entries.length }, 'batch given back');
      return 'inbox failed';
    }
    limit = Math.max(1, Math.floor(entries.length / 2));
    contact.noteDown(error);
    return 'odoo failed';
  }

  return {
    start() {
      running ??= run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
    contact: () => contact.current(),
  };
}

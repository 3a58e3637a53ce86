import { BridgeError, codeOf } from '../../errors.ts';
import type { DescribeBody, Entry, Inbox } from '../../inbox/inbox.ts';
import type { Log } from '../../log.ts';
import { pauseMs } from '../../rules/retry.ts';
import type { SettingsKeeper } from '../settings/settings-keeper.ts';
import type { ClockWatch } from './clock-watch.ts';
import type { EntryResults, Lane, LaneContext } from './lane.ts';
import type { OdooContactKeeper } from './odoo-contact.ts';
import { recordResults } from './record-results.ts';
import { createClaimRelease } from './release-claims.ts';
import { createSuspects } from './suspects.ts';
import type { TurnFailures } from './turn-failures.ts';
import { leaseLost } from './worker-lease.ts';
import type { WorkerLease } from './worker-lease.ts';

/** Longest sleep without anything to do, milliseconds; a new webhook wakes the lane at once. */
const idleMs = 1_000;
/** While the inbox itself fails, pauses stop growing here: a replica must be able to take over within seconds. */
const mostInboxFailures = 3;

export type DrainLaneDeps = {
  inbox: Inbox;
  settings: Pick<SettingsKeeper, 'current' | 'refresh'>;
  describe: DescribeBody;
  now: () => Date;
  random: () => number;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  log: Log;
  /** What the lanes of a worker share: the right to write, the state of Odoo, and the clock. */
  lease: WorkerLease;
  contact: OdooContactKeeper;
  clock: ClockWatch;
  failures: TurnFailures;
  stopping: AbortSignal;
};

/** How a turn ended; `failed` because Odoo or the inbox as a whole is at fault. */
type Turn = 'worked' | 'idle' | 'not the holder' | 'odoo failed' | 'inbox failed';

/**
 * Moves the entries of one lane to Odoo, batch after batch, while this process holds the lease, until it is
 * stopped. When Odoo as a whole is at fault (down, key refused, not provisioned), the batch is given back
 * untouched, no attempt is used up, and the lane pauses, longer each time.
 *
 * @param afterTurn done between two turns as the holder of the lease
 */
export async function drainLane(
  lane: Lane,
  deps: DrainLaneDeps,
  afterTurn: () => Promise<void>,
): Promise<void> {
  const { inbox, log, now, lease, contact, stopping } = deps;
  const name = lane.kinds.join(' ');
  let wake = new AbortController();
  /** A turn ended without saying what became of what it had claimed (the inbox could not be written). */
  let mayHoldClaims = false;
  let tenure: number | undefined;
  const releaseClaims = createClaimRelease(deps, lane.kinds);
  const suspects = createSuspects();
  let limit = lane.mostEntries;

  async function run(): Promise<void> {
    let failures = 0;
    while (!stopping.aborted) {
      wake = new AbortController();
      const turn = await takeTurn();
      const hasFailed = turn === 'odoo failed' || turn === 'inbox failed';
      failures = hasFailed ? failures + 1 : 0;
      if (turn === 'worked') continue;
      const counted = turn === 'inbox failed' ? Math.min(failures, mostInboxFailures) : failures;
      const ms = hasFailed ? pauseMs(counted, deps.random()) : idleMs;
      // A new webhook ends no other pause: what failed still does, and a lease is nearer for nobody.
      const signals = turn === 'idle' ? [stopping, wake.signal] : [stopping];
      await deps.sleep(ms, AbortSignal.any(signals));
    }
  }

  async function takeTurn(): Promise<Turn> {
    try {
      const turn = await takeTurnAsHolder();
      deps.failures.end(name);
      return turn;
    } catch (error) {
      mayHoldClaims = true;
      deps.failures.tell(name, error);
      return 'inbox failed';
    }
  }

  async function takeTurnAsHolder(): Promise<Turn> {
    const held = await lease.hold();
    if (held === undefined) {
      deps.clock.skip();
      contact.forget();
      return 'not the holder';
    }
    await deps.clock.look();
    await releaseClaims(held.tenure !== tenure || mayHoldClaims);
    tenure = held.tenure;
    mayHoldClaims = false;
    const turn = await workOnce();
    await afterTurn();
    return turn;
  }

  async function workOnce(): Promise<Turn> {
    // While Odoo is down nothing is claimed, so that a backlog is not moved back and forth.
    const isProbing = contact.current().state === 'down';
    if (isProbing && !(await probe())) return 'odoo failed';
    requireLease();
    const entries = await inbox.claim({
      kinds: lane.kinds,
      limit,
      now: now(),
      describe: deps.describe,
    });
    if (entries.length > 0) return work(entries, isProbing);
    if (isProbing) contact.noteUp(name);
    return 'idle';
  }

  async function probe(): Promise<boolean> {
    try {
      await deps.settings.refresh();
      return true;
    } catch (error) {
      contact.noteDown(name, error);
      return false;
    }
  }

  /** Writes nothing on the strength of a lease that may be somebody else's by now. */
  function requireLease(): void {
    if (!lease.isHeld()) throw leaseLost();
  }

  /** @param hasProbed Odoo has just answered */
  async function work(entries: readonly Entry[], hasProbed: boolean): Promise<Turn> {
    let worked: { results: EntryResults; fault?: BridgeError };
    try {
      const settings = deps.settings.current() ?? (await deps.settings.refresh());
      worked = await tryToWork(entries, { settings, requireLease, signal: stopping }, hasProbed);
    } catch (error) {
      return giveBack(entries, error);
    }
    const { results, fault } = worked;
    if (hasWritten(results)) suspects.acquit();
    if (fault === undefined) contact.noteUp(name);
    await recordResults(deps, entries, results);
    if (fault !== undefined) return noteDown(entries, fault);
    limit = Math.min(lane.mostEntries, limit * 2);
    return 'worked';
  }

  /**
   * An entry that fails alone, right after Odoo answered the probe, and is the only one, is at fault itself:
   * otherwise it would hold up everything behind it for ever.
   */
  async function tryToWork(
    entries: readonly Entry[],
    context: LaneContext,
    hasProbed: boolean,
  ): Promise<{ results: EntryResults; fault?: BridgeError }> {
    try {
      return { results: await lane.conclude(entries, await lane.work(entries, context), context) };
    } catch (fault) {
      const [only] = entries;
      const isAlone = hasProbed && entries.length === 1 && only !== undefined;
      if (!isAlone || !(fault instanceof BridgeError) || fault.scope === 'bridge') throw fault;
      if (!suspects.accuse(only.id)) throw fault;
      const failed: EntryResults = new Map([[only.id, { kind: 'failed', error: fault }]]);
      return { results: await lane.conclude(entries, failed, context), fault };
    }
  }

  /** Untouched; the next batch is smaller. */
  async function giveBack(entries: readonly Entry[], error: unknown): Promise<Turn> {
    const ids = entries.map(({ id }) => id);
    const at = now();
    const why = error instanceof BridgeError ? { code: error.code } : { reason: codeOf(error) };
    await inbox.wait(ids, { ...why, until: at, counts: 'nothing', now: at });
    if (error instanceof BridgeError && error.scope === 'bridge') {
      log.warn({ code: error.code, entries: entries.length }, 'batch given back');
      return 'inbox failed';
    }
    return noteDown(entries, error);
  }

  function noteDown(entries: readonly Entry[], error: unknown): Turn {
    limit = Math.max(1, Math.floor(entries.length / 2));
    contact.noteDown(name, error);
    return 'odoo failed';
  }

  const unsubscribe = inbox.onPut(() => wake.abort());
  try {
    await run();
  } finally {
    unsubscribe();
  }
}

/** Whether Odoo has taken something of the batch. */
function hasWritten(results: EntryResults): boolean {
  return [...results.values()].some(
    (result) => result.kind === 'settle' && ['applied', 'injected'].includes(result.outcome.outcome),
  );
}

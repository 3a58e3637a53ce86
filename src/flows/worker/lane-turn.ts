import type { DescribeBody, Inbox } from '../../inbox/inbox.ts';
import type { ClockWatch } from './clock-watch.ts';
import { nameOf } from './lane.ts';
import type { Lane } from './lane.ts';
import type { TurnFailures } from './turn-failures.ts';
import { workBatch } from './work-batch.ts';
import type { BatchEnd, WorkBatchDeps } from './work-batch.ts';
import { requireHeld } from './worker-lease.ts';
import type { WorkerLease } from './worker-lease.ts';

export type LaneTurnDeps = WorkBatchDeps & {
  inbox: Inbox;
  describe: DescribeBody;
  lease: WorkerLease;
  clock: ClockWatch;
  failures: TurnFailures;
  /** Releases claims that were left behind: at once with `isNeeded`, otherwise when the next check is due. */
  releaseClaims: (isNeeded: boolean) => Promise<void>;
  /** Called at the end of a turn, while the lease is held. */
  afterTurn: () => Promise<void>;
};

/** What a turn passes on to the next one. */
export type LaneState = {
  /** Entries to claim at once. */
  limit: number;
  /**
   * The tenure of the lease in which every claim has a recorded result. Undefined when a turn could not record its
   * results: its claims must be released first.
   */
  accountedTenure: number | undefined;
};

/** How a turn ended. `failed`: Odoo or the inbox as a whole failed, not a single entry. */
export type TurnEnd = BatchEnd['end'] | 'idle' | 'not the holder';
type LaneTurn = { end: TurnEnd; state: LaneState };

/**
 * One turn of a lane: takes or renews the lease, claims a batch, works on it and records the results. Never throws:
 * errors of the inbox are logged, and the turn counts as failed.
 */
export async function takeLaneTurn(lane: Lane, deps: LaneTurnDeps, state: LaneState): Promise<LaneTurn> {
  const name = nameOf(lane);
  try {
    const turn = await takeTurnAsHolder(lane, deps, state);
    deps.failures.end(name);
    return turn;
  } catch (error) {
    deps.failures.log(name, error);
    return { end: 'inbox failed', state: { ...state, accountedTenure: undefined } };
  }
}

async function takeTurnAsHolder(lane: Lane, deps: LaneTurnDeps, state: LaneState): Promise<LaneTurn> {
  const held = await deps.lease.hold();
  if (held === undefined) {
    deps.clock.skip();
    deps.contact.forget();
    return { end: 'not the holder', state };
  }
  await deps.clock.look();
  await deps.releaseClaims(held.tenure !== state.accountedTenure);
  const { end, limit } = await claimAndWork(lane, deps, state.limit);
  await deps.afterTurn();
  return { end, state: { limit, accountedTenure: held.tenure } };
}

async function claimAndWork(
  lane: Lane,
  deps: LaneTurnDeps,
  limit: number,
): Promise<{ end: TurnEnd; limit: number }> {
  const { contact } = deps;
  // While Odoo is down, nothing is claimed: a backlog would be claimed and released again and again.
  const isProbing = contact.current().state === 'down';
  if (isProbing && !(await probe(lane, deps))) return { end: 'odoo failed', limit };
  requireHeld(deps.lease);
  const entries = await deps.inbox.claim({
    kinds: lane.kinds,
    limit,
    now: deps.now(),
    describe: deps.describe,
  });
  if (entries.length > 0) return workBatch(lane, deps, { entries, limit, hasProbed: isProbing });
  if (isProbing) contact.noteUp(nameOf(lane));
  return { end: 'idle', limit };
}

/** Whether Odoo answers. */
async function probe(lane: Lane, { settings, contact }: LaneTurnDeps): Promise<boolean> {
  try {
    await settings.refresh();
    return true;
  } catch (error) {
    contact.noteDown(nameOf(lane), error);
    return false;
  }
}

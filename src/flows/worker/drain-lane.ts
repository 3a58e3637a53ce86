import { pauseMs } from '../../rules/retry.ts';
import { takeLaneTurn } from './lane-turn.ts';
import type { LaneState, LaneTurnDeps, TurnEnd } from './lane-turn.ts';
import type { Lane } from './lane.ts';
import { createClaimRelease } from './release-claims.ts';
import { createSuspects } from './suspects.ts';

/** Longest pause while there is nothing to do, milliseconds; a new webhook ends it at once. */
const idleMs = 1_000;
/** While the inbox itself fails, pauses stop growing here: a replica must be able to take over within seconds. */
const mostInboxFailures = 3;

type DrainLaneDeps = Omit<LaneTurnDeps, 'releaseClaims' | 'suspects'> & {
  random: () => number;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
};

/**
 * Moves the entries of one lane to Odoo, batch after batch, while this process holds the lease, until it is stopped.
 * After a failure of Odoo or of the inbox the lane pauses; each further failure makes the pause longer.
 */
export async function drainLane(lane: Lane, deps: DrainLaneDeps): Promise<void> {
  const { inbox, stopping } = deps;
  const turnDeps: LaneTurnDeps = {
    ...deps,
    releaseClaims: createClaimRelease(deps, lane.kinds),
    suspects: createSuspects(),
  };
  let state: LaneState = { limit: lane.mostEntries, accountedTenure: undefined };
  let failures = 0;
  let wake = new AbortController();
  const unsubscribe = inbox.onPut(() => wake.abort());
  try {
    while (!stopping.aborted) {
      wake = new AbortController();
      const turn = await takeLaneTurn(lane, turnDeps, state);
      state = turn.state;
      failures = hasFailed(turn.end) ? failures + 1 : 0;
      if (turn.end === 'worked') continue;
      // A new webhook ends only an idle pause; after a failure, or without the lease, waking up would not help.
      const signals = turn.end === 'idle' ? [stopping, wake.signal] : [stopping];
      await deps.sleep(pauseAfter(turn.end, failures, deps.random()), AbortSignal.any(signals));
    }
  } finally {
    unsubscribe();
  }
}

function hasFailed(end: TurnEnd): boolean {
  return end === 'odoo failed' || end === 'inbox failed';
}

/** @param failures failures in a row, this one included */
function pauseAfter(end: TurnEnd, failures: number, random: number): number {
  if (!hasFailed(end)) return idleMs;
  return pauseMs(end === 'inbox failed' ? Math.min(failures, mostInboxFailures) : failures, random);
}

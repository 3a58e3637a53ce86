import { BridgeError } from '../errors.ts';
import type { DescribeBody, Entry, Inbox } from '../inbox/inbox.ts';
import type { BridgeActions } from '../odoo/bridge-actions.ts';
import { failedEntryDelayMs, pauseMs, sendingDelayMs, unknownMessageDelayMs } from '../rules/retry.ts';
import { applyEvents, type EntryResult } from './apply-events.ts';
import type { SettingsKeeper } from './settings.ts';

/** Entries claimed at once. */
const batchSize = 200;
/** Longest sleep without anything to do, milliseconds; a new webhook wakes the worker at once. */
const idleMs = 1_000;
const leaseName = 'worker';
const leaseTtlMs = 15_000;

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
      if (hasLease) await deps.inbox.releaseLease({ name: leaseName, holder: deps.holder });
    }
  }

  async function takeTurn(): Promise<{ kind: 'worked' | 'idle' | 'failed' }> {
    try {
      if (!(await holdLease())) return { kind: 'idle' };
      if (contact.state === 'down' && !(await probe())) return { kind: 'failed' };
      const entries = await claim();
      if (entries.length === 0) return { kind: 'idle' };
      const worked = await work(entries);
      return { kind: worked ? 'worked' : 'failed' };
    } catch (error) {
      deps.log.error({ code: codeOf(error) }, 'worker turn failed');
      return { kind: 'failed' };
    }
  }

  async function holdLease(): Promise<boolean> {
    const now = deps.now();
    const held = await deps.inbox.holdLease({ name: leaseName, holder: deps.holder, ttlMs: leaseTtlMs, now });
    if (held && !hasLease) {
      const released = await deps.inbox.releaseClaimed(now);
      deps.log.info({ released }, 'worker holds the lease');
    }
    hasLease = held;
    return held;
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
      limit: batchSize,
      now: deps.now(),
      describe: deps.describe,
    });
  }

  /** True when Odoo answered; false when the batch was given back because Odoo as a whole is at fault. */
  async function work(entries: readonly Entry[]): Promise<boolean> {
    try {
      const settings = deps.settings.current() ?? (await deps.settings.refresh());
      const results = await applyEvents({ actions: deps.actions, settings, log: deps.log }, entries);
      noteContact({ state: 'up' });
      await record(entries, results);
      return true;
    } catch (error) {
      await giveBack(entries, error);
      return false;
    }
  }

  async function giveBack(entries: readonly Entry[], error: unknown): Promise<void> {
    const code = codeOf(error);
    const now = deps.now();
    noteContact({ state: 'down', code, since: now });
    const ids = entries.map(({ id }) => id);
    await deps.inbox.wait(ids, { until: now, reason: code, counts: 'nothing', now });
  }

  function noteContact(next: OdooContact): void {
    if (next.state === 'down' && contact.state === 'down' && contact.code === next.code) return;
    if (next.state !== contact.state || next.state === 'down') {
      if (next.state === 'down') deps.log.error({ code: next.code }, 'Odoo cannot be worked with: pausing');
      else deps.log.info({}, 'Odoo answers');
    }
    contact = next;
  }

  async function record(entries: readonly Entry[], results: ReadonlyMap<number, EntryResult>): Promise<void> {
    const settled = new Map<
      string,
      { ids: number[]; outcome: Extract<EntryResult, { kind: 'settle' }>['outcome'] }
    >();
    for (const entry of entries) {
      const result = results.get(entry.id) ?? { kind: 'busy', reason: 'no result' };
      if (result.kind === 'settle') {
        const key = JSON.stringify(result.outcome);
        const group = settled.get(key) ?? { ids: [], outcome: result.outcome };
        group.ids.push(entry.id);
        settled.set(key, group);
      } else {
        await recordUnsettled(entry, result);
      }
    }
    for (const { ids, outcome } of settled.values()) await deps.inbox.settle(ids, outcome, deps.now());
  }

  async function recordUnsettled(
    entry: Entry,
    result: Exclude<EntryResult, { kind: 'settle' }>,
  ): Promise<void> {
    const now = deps.now();
    const wait = (delayMs: number, reason: string, counts: 'attempt' | 'wait'): Promise<void> =>
      deps.inbox.wait([entry.id], { until: new Date(now.getTime() + delayMs), reason, counts, now });
    if (result.kind === 'park') {
      deps.log.warn({ entry: entry.id, code: result.reason.split(':', 1)[0] }, 'entry parked');
      return deps.inbox.park([entry.id], result.reason, now);
    }
    if (result.kind === 'busy') return wait(sendingDelayMs(entry.waits), result.reason, 'wait');
    if (result.kind === 'unknown_message') {
      const delayMs = unknownMessageDelayMs(entry.waits);
      if (delayMs !== undefined) return wait(delayMs, 'Odoo does not show this message (yet)', 'wait');
      const outcome = {
        outcome: 'ignored',
        reason: 'no such message in this Odoo: not ours, or gone',
      } as const;
      return deps.inbox.settle([entry.id], outcome, now);
    }
    const delayMs = failedEntryDelayMs(entry.attempts);
    const reason = `${result.error.code}: ${result.error.message}`;
    if (delayMs === undefined) {
      deps.log.error({ entry: entry.id, code: result.error.code }, 'entry parked after its last attempt');
      return deps.inbox.park([entry.id], reason, now);
    }
    return wait(delayMs, reason, 'attempt');
  }

  return {
    start() {
      running ??= run();
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

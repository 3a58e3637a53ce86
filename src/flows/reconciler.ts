import { BridgeError } from '../errors.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { describeError } from '../log.ts';
import type { BridgeSettings } from '../odoo/bridge-answers.ts';
import type { CronSchedule } from '../rules/cron-schedule.ts';
import { decideRun } from '../rules/reconciliation.ts';
import { readLogPages, type LogDeps } from '../sweego/log-pages.ts';
import type { LostReply } from './lost-replies.ts';
import type { ReadLog } from './reconcile-domain.ts';
import { reconcile, type ReconcileDeps } from './reconcile.ts';
import { keepReconciliations, recallReconciliations, type ReconciliationRun } from './reconciliation-runs.ts';

/** One process at a time reconciles; a killed one's turn ends after `ttlMs` without a sign of life. */
const lease = { name: 'reconciliation', ttlMs: 30_000 } as const;
const heartbeatMs = 10_000;
const dayMs = 24 * 60 * 60_000;

export type ReconcilerDeps = LogDeps & {
  inbox: ReconcileDeps['inbox'] & Pick<Inbox, 'holdLease' | 'releaseLease' | 'findSnapshot' | 'saveSnapshot'>;
  actions: ReconcileDeps['actions'];
  /** What Odoo told last; undefined before it has. */
  currentSettings: () => BridgeSettings | undefined;
  cron: CronSchedule;
  /** Sweego's API as the environment names it; without a key there, Odoo's settings name it. */
  sweego: { url: string; apiKey: string | undefined };
  /** How far back Sweego is asked, days. */
  mostDays: number;
  /** Names this process in the lease. */
  holder: string;
  now: () => Date;
  log: ReconcileDeps['log'];
};

export type Reconciled = { run: ReconciliationRun; lostReplies: readonly LostReply[] };

export type Reconciler = {
  /** Called each minute: runs when the schedule says so. Resolves when that run is over. Never throws. */
  wake(): Promise<void>;
  /**
   * Runs at once, whatever the schedule says. Undefined while another process reconciles.
   *
   * @throws BridgeError ODOO_*, INBOX_*
   */
  runNow(settings: BridgeSettings): Promise<Reconciled | undefined>;
  /** Breaks off what is under way. */
  stop(): Promise<void>;
};

/** Reconciles by a schedule that all replicas share: each slot is run by one of them, or skipped. */
export function createReconciler(deps: ReconcilerDeps): Reconciler {
  const { inbox, holder, now, log } = deps;
  const stopping = new AbortController();
  let running: Promise<unknown> | undefined;
  let skippedSlot: Date | undefined;

  async function wake(): Promise<void> {
    const settings = deps.currentSettings();
    if (settings === undefined || stopping.signal.aborted) return;
    const decision = decideRun({
      cron: deps.cron,
      setting: settings.reconciliation,
      lastSlot: later(skippedSlot, slotOf((await recallReconciliations(inbox, now())).lastSlot)),
      isRunning: running !== undefined,
      now: now(),
    });
    if (decision.kind === 'skip') {
      skippedSlot = decision.slot;
      log.warn({ slot: decision.slot.toISOString() }, 'reconciliation skipped: the last one is still going');
    } else if (decision.kind === 'run') await start(settings, decision.slot);
  }

  function start(settings: BridgeSettings, slot: Date | undefined): Promise<Reconciled | undefined> {
    const work = runUnderLease(settings, slot).finally(() => {
      running = undefined;
    });
    running = work.catch(() => undefined);
    return work;
  }

  async function runUnderLease(
    settings: BridgeSettings,
    slot: Date | undefined,
  ): Promise<Reconciled | undefined> {
    if (!(await inbox.holdLease({ ...lease, holder, now: now() }))) return undefined;
    const finished = new AbortController();
    const lost = new AbortController();
    const keeping = keepLease(finished.signal, lost);
    try {
      return await run(settings, slot, AbortSignal.any([stopping.signal, lost.signal]));
    } finally {
      finished.abort();
      await keeping;
      await inbox.releaseLease({ name: lease.name, holder });
    }
  }

  async function keepLease(finished: AbortSignal, lost: AbortController): Promise<void> {
    while (!finished.aborted && !lost.signal.aborted) {
      await deps.sleep(heartbeatMs, finished);
      if (finished.aborted) return;
      const isHeld = await inbox.holdLease({ ...lease, holder, now: now() }).catch(() => false);
      if (!isHeld) lost.abort();
    }
  }

  async function run(
    settings: BridgeSettings,
    slot: Date | undefined,
    signal: AbortSignal,
  ): Promise<Reconciled | undefined> {
    const memory = await recallReconciliations(inbox, now());
    if (slot !== undefined) {
      // Another replica may have run it meanwhile.
      if (memory.lastSlot !== null && new Date(memory.lastSlot) >= slot) return undefined;
      // Before the run: one that ends the process must not be tried again each minute.
      memory.lastSlot = slot.toISOString();
    }
    await keepReconciliations(inbox, memory, now());
    const earliest = new Date(now().getTime() - deps.mostDays * dayMs);
    const since = new Date(memory.repliesSince);
    const done = await reconcile({
      ...deps,
      settings,
      readLog: logReader(settings, signal),
      repliesSince: since > earliest ? since : earliest,
    });
    memory.runs.unshift(done.run);
    await keepReconciliations(inbox, memory, now());
    return done;
  }

  function logReader(settings: BridgeSettings, signal: AbortSignal): ReadLog {
    return async function* (query) {
      const apiKey = deps.sweego.apiKey ?? settings.api_key;
      if (apiKey === null) throw keyMissing();
      yield* readLogPages(deps, { url: deps.sweego.url, apiKey }, query, signal);
    };
  }

  return {
    async wake() {
      try {
        await wake();
      } catch (error) {
        log.error(describeError(error), 'reconciliation failed');
      }
    },
    async runNow(settings) {
      return running === undefined ? start(settings, undefined) : undefined;
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

function slotOf(written: string | null): Date | undefined {
  return written === null ? undefined : new Date(written);
}

function later(one: Date | undefined, other: Date | undefined): Date | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one > other ? one : other;
}

function keyMissing(): BridgeError {
  return new BridgeError(
    'SWEEGO_API_KEY_MISSING',
    "Sweego's log cannot be read without an API key. Enter one in Odoo's settings, or set SWEEGO_API_KEY.",
    { retry: 'later', scope: 'sweego', cause: undefined },
  );
}

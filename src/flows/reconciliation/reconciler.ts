import { describeError } from '../../log.ts';
import type { BridgeSettings } from '../../odoo/bridge-answers.ts';
import type { CronSchedule } from '../../rules/reconciliation/cron-schedule.ts';
import { decideRun } from '../../rules/reconciliation/reconciliation.ts';
import { makeDueRun } from './due-run.ts';
import type { DueRunDeps } from './due-run.ts';
import type { Reconciled } from './reconcile.ts';
import { withReconciliationLease } from './reconciliation-lease.ts';
import type { ReconciliationLeaseDeps } from './reconciliation-lease.ts';
import { instantOf, slotOf, withSlot } from './reconciliation-memory.ts';
import type { Occasion } from './reconciliation-memory.ts';
import { recallReconciliations } from './reconciliation-runs.ts';
import type { ReconciliationMemory } from './reconciliation-runs.ts';

export type ReconcilerDeps = Omit<DueRunDeps, 'skippedSlot'> &
  ReconciliationLeaseDeps & {
    /** The settings that Odoo gave last; undefined before the first answer. */
    currentSettings: () => BridgeSettings | undefined;
    cron: CronSchedule;
  };

export type Reconciler = {
  /** Call it at least each minute: it runs when a run is due, and resolves when that run has ended. Never throws. */
  wake(): Promise<void>;
  /**
   * Runs at once, whatever the schedule says. Undefined while another process reconciles; it takes 40 seconds to be
   * sure of that.
   *
   * @throws BridgeError ODOO_*, INBOX_*
   */
  runNow(settings: BridgeSettings): Promise<Reconciled | undefined>;
  /** Cancels the run that is under way. */
  stop(): Promise<void>;
};

/** Reconciles by a schedule that all replicas share: one of them runs each slot, or skips it. */
export function createReconciler(deps: ReconcilerDeps): Reconciler {
  const { inbox, now, log } = deps;
  const stopping = new AbortController();
  let running: { occasion: Occasion; ended: Promise<unknown> } | undefined;
  let skippedSlot: Date | undefined;

  async function wake(): Promise<void> {
    const settings = deps.currentSettings();
    if (settings === undefined || stopping.signal.aborted) return;
    const memory = await recallReconciliations(inbox, now());
    const decision = decideRun({
      cron: deps.cron,
      setting: settings.reconciliation,
      lastSlot: lastSlotOf(memory),
      requestedAt: settings.reconciliation.requested_at,
      servedRequest: instantOf(memory.servedRequest),
      notBefore: instantOf(memory.notBefore),
      isRunning: running !== undefined,
      now: now(),
    });
    if (decision.kind === 'skip') {
      skippedSlot = decision.slot;
      log.warn(
        { slot: decision.slot.toISOString() },
        'reconciliation skipped: the previous run has not finished',
      );
    } else if (decision.kind === 'run') await start(settings, { slot: decision.slot });
    else if (decision.kind === 'run_by_hand') await start(settings, { request: decision.request });
  }

  /** Counts the slot of the current run, which may not be stored yet: two wakes can come at the same moment. */
  function lastSlotOf(memory: ReconciliationMemory): Date | undefined {
    const ownSlots = [skippedSlot, slotOf(running?.occasion)];
    const latest = ownSlots.reduce((after, slot) => withSlot(after, slot, now()), memory);
    return instantOf(latest.lastSlot);
  }

  function start(settings: BridgeSettings, occasion: Occasion): Promise<Reconciled | undefined> {
    const runDeps: DueRunDeps = { ...deps, skippedSlot: () => skippedSlot };
    const work = withReconciliationLease(deps, occasion, stopping.signal, (lost) =>
      makeDueRun(runDeps, { settings, occasion, stopping: stopping.signal, lost }),
    ).finally(() => {
      running = undefined;
    });
    running = { occasion, ended: work.catch(() => undefined) };
    return work;
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
      return running === undefined ? start(settings, 'command') : undefined;
    },
    async stop() {
      stopping.abort();
      await running?.ended;
    },
  };
}

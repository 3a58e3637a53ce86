import { BridgeError } from '../../errors.ts';
import type { Inbox } from '../../inbox/inbox.ts';
import { describeError } from '../../log.ts';
import type { BridgeSettings } from '../../odoo/bridge-answers.ts';
import type { CronSchedule } from '../../rules/reconciliation/cron-schedule.ts';
import { decideRun } from '../../rules/reconciliation/reconciliation.ts';
import { requireLogApiKey } from '../../sweego/api.ts';
import { readLogPages } from '../../sweego/log-pages.ts';
import type { LogDeps, ReadLog } from '../../sweego/log-pages.ts';
import { tellApiKeyFault } from './api-key-alert.ts';
import { reconcile } from './reconcile.ts';
import type { ReconcileDeps, Reconciled } from './reconcile.ts';
import { givenBack, instantOf, isServed, later, memoryAfter, repliesToLookFor, servedBy, withSkipped } from './reconciliation-memory.ts';
import type { Occasion } from './reconciliation-memory.ts';
import { keepReconciliations, recallReconciliations } from './reconciliation-runs.ts';
import type { ReconciliationMemory } from './reconciliation-runs.ts';

/** One process at a time reconciles; a killed one's turn ends after `ttlMs` without a sign of life. */
const lease = { name: 'reconciliation', ttlMs: 30_000 } as const;
const heartbeatMs = 10_000;
const askEveryMs = 1_000;
/** After Odoo could not be asked. */
const odooPauseMs = 5 * 60_000;

export type ReconcilerDeps = LogDeps & {
  inbox: ReconcileDeps['inbox'] & Pick<Inbox, 'holdLease' | 'releaseLease' | 'findSnapshot' | 'saveSnapshot'>;
  actions: ReconcileDeps['actions'];
  /** What Odoo told last; undefined before it has. */
  currentSettings: () => BridgeSettings | undefined;
  cron: CronSchedule;
  /** Sweego's API as the environment names it; without a key there, Odoo's settings name it. */
  sweego: { url: string; apiKey: string | undefined };
  describe: ReconcileDeps['describe'];
  /** How far back Sweego is asked, days. */
  mostDays: number;
  /** How long the inbox keeps what has ended, days. */
  retainDays: number;
  /** Names this process in the lease. */
  holder: string;
  now: () => Date;
  log: ReconcileDeps['log'];
};

export type Reconciler = {
  /** Called each minute: runs when the schedule says so. Resolves when that run is over. Never throws. */
  wake(): Promise<void>;
  /**
   * Runs at once, whatever the schedule says. Undefined while another process reconciles, which takes 40 seconds to
   * be sure of.
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
    const memory = await recallReconciliations(inbox, now());
    const decision = decideRun({
      cron: deps.cron,
      setting: settings.reconciliation,
      lastSlot: instantOf(withSkipped(memory, skippedSlot, now()).lastSlot),
      requestedAt: settings.reconciliation.requested_at,
      servedRequest: instantOf(memory.servedRequest),
      notBefore: instantOf(memory.notBefore),
      isRunning: running !== undefined,
      now: now(),
    });
    if (decision.kind === 'skip') {
      skippedSlot = decision.slot;
      log.warn({ slot: decision.slot.toISOString() }, 'reconciliation skipped: the last one is still going');
    } else if (decision.kind === 'run') await start(settings, { slot: decision.slot });
    else if (decision.kind === 'run_by_hand') await start(settings, { request: decision.request });
  }

  function start(settings: BridgeSettings, occasion: Occasion): Promise<Reconciled | undefined> {
    const work = runUnderLease(settings, occasion).finally(() => {
      running = undefined;
    });
    running = work.catch(() => undefined);
    return work;
  }

  async function runUnderLease(
    settings: BridgeSettings,
    occasion: Occasion,
  ): Promise<Reconciled | undefined> {
    if (!(await takeLease(occasion))) return undefined;
    const finished = new AbortController();
    const lost = new AbortController();
    const keeping = keepLease(finished.signal, lost);
    try {
      return await run(settings, occasion, lost.signal);
    } finally {
      finished.abort();
      await keeping;
      await inbox.releaseLease({ name: lease.name, holder });
    }
  }

  /** A command asks for long enough to see that a process which was killed in its run does not live. */
  async function takeLease(occasion: Occasion): Promise<boolean> {
    const attempts = occasion === 'command' ? (lease.ttlMs + heartbeatMs) / askEveryMs : 1;
    for (let attempt = 1; !stopping.signal.aborted; attempt += 1) {
      if (await inbox.holdLease({ ...lease, holder, now: now() })) return true;
      if (attempt >= attempts) return false;
      await deps.sleep(askEveryMs, stopping.signal);
    }
    return false;
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
    occasion: Occasion,
    lost: AbortSignal,
  ): Promise<Reconciled | undefined> {
    const before = await recallReconciliations(inbox, now());
    if (isServed(occasion, before, now())) return undefined;
    // Before the run: one that ends the process must not be tried again each minute.
    const begun = { ...before, ...servedBy(occasion) };
    await keepReconciliations(inbox, begun, now());
    let changed = (memory: ReconciliationMemory) => memory;
    try {
      const signal = AbortSignal.any([stopping.signal, lost]);
      const readLog = logReader(settings, signal);
      const replies = repliesToLookFor(begun, occasion, { ...deps, now: now() });
      const done = await reconcile({ ...deps, settings, readLog, replies });
      // What was broken off tells nothing about Sweego: the next process runs the slot anew.
      if (signal.aborted) {
        changed = (memory) => givenBack(memory, occasion, before);
        return undefined;
      }
      const apiKeyAlert = await apiKeyAlertAfter(done, begun.apiKeyAlert);
      changed = (memory) => ({ ...memoryAfter(done, memory, now()), apiKeyAlert });
      return done;
    } catch (error) {
      // Tried again before the next slot, which may be a day away.
      const notBefore = later(now(), odooPauseMs);
      if (isOdooAway(error)) changed = (memory) => ({ ...givenBack(memory, occasion, before), notBefore });
      throw error;
    } finally {
      if (!lost.aborted) await keepChanged(changed);
    }
  }

  /** Read anew: a process that stood still may have lost its turn without noticing. */
  async function keepChanged(changed: (memory: ReconciliationMemory) => ReconciliationMemory): Promise<void> {
    const memory = changed(await recallReconciliations(inbox, now()));
    // Replicas must know of a slot that this process skipped meanwhile.
    await keepReconciliations(inbox, withSkipped(memory, skippedSlot, now()), now());
  }

  /** It is shown at the next run when Odoo cannot show it now. */
  async function apiKeyAlertAfter({ run: done }: Reconciled, openKey: string | null): Promise<string | null> {
    try {
      return await tellApiKeyFault(deps.actions, done, openKey);
    } catch (error) {
      log.warn(describeError(error), 'Odoo could not be told about Sweego’s API key');
      return openKey;
    }
  }

  function logReader(settings: BridgeSettings, signal: AbortSignal): ReadLog {
    return async function* (query) {
      const apiKey = requireLogApiKey(deps.sweego.apiKey ?? settings.api_key);
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
      return running === undefined ? start(settings, 'command') : undefined;
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

function isOdooAway(error: unknown): boolean {
  return error instanceof BridgeError && error.scope === 'odoo' && error.retry === 'later';
}

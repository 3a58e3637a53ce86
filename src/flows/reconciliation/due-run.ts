import { BridgeError } from '../../errors.ts';
import type { Inbox } from '../../inbox/inbox.ts';
import { describeError } from '../../log.ts';
import type { BridgeSettings } from '../../odoo/bridge-answers.ts';
import { requireLogApiKey } from '../../sweego/api.ts';
import { readLogPages } from '../../sweego/log-pages.ts';
import type { LogDeps, ReadLog } from '../../sweego/log-pages.ts';
import { updateApiKeyAlert } from './api-key-alert.ts';
import { reconcile } from './reconcile.ts';
import type { ReconcileDeps, Reconciled } from './reconcile.ts';
import {
  givenBack,
  isServed,
  later,
  memoryAfter,
  repliesToLookFor,
  servedBy,
  withSlot,
} from './reconciliation-memory.ts';
import type { Occasion } from './reconciliation-memory.ts';
import { keepReconciliations, recallReconciliations } from './reconciliation-runs.ts';
import type { ReconciliationMemory } from './reconciliation-runs.ts';

/** Pause after Odoo could not be reached. */
const odooPauseMs = 5 * 60_000;

export type DueRunDeps = LogDeps & {
  inbox: ReconcileDeps['inbox'] & Pick<Inbox, 'findSnapshot' | 'saveSnapshot'>;
  actions: ReconcileDeps['actions'];
  /** Sweego's API as the environment configures it. Without a key there, the key of Odoo's settings is used. */
  sweego: { url: string; apiKey: string | undefined };
  describe: ReconcileDeps['describe'];
  /** How far back Sweego's log is read, days. */
  mostDays: number;
  /** How long the inbox keeps settled entries, days. */
  retainDays: number;
  /** The slot that this process skipped last. Read when the run has ended, because a slot may be skipped during the run. */
  skippedSlot: () => Date | undefined;
  now: () => Date;
  log: ReconcileDeps['log'];
};

type DueRun = {
  settings: BridgeSettings;
  occasion: Occasion;
  stopping: AbortSignal;
  /** Aborted when another process may hold the lease. */
  lost: AbortSignal;
};

/** How a run ended. `pausedUntil`: Odoo was unavailable, and the run is repeated then. */
type RunEnd =
  | { kind: 'done'; done: Reconciled; apiKeyAlert: string | null }
  | { kind: 'cancelled' }
  | { kind: 'failed'; error: unknown; pausedUntil: string | undefined };

/**
 * Makes one run as the holder of the reconciliation's lease, and remembers its result.
 *
 * @returns undefined when another process made this run already, or when the run was cancelled
 * @throws BridgeError ODOO_*, INBOX_*
 */
export async function makeDueRun(deps: DueRunDeps, due: DueRun): Promise<Reconciled | undefined> {
  const { inbox, now } = deps;
  const { occasion } = due;
  const before = await recallReconciliations(inbox, now());
  if (isServed(occasion, before, now())) return undefined;
  // Stored before the run: a run that crashes the process must not be repeated each minute.
  const begun = { ...before, ...servedBy(occasion) };
  await keepReconciliations(inbox, begun, now());
  const end = await runToItsEnd(deps, due, begun);
  if (!due.lost.aborted) await keepEnd(deps, occasion, before, end);
  if (end.kind === 'failed') throw end.error;
  return end.kind === 'done' ? end.done : undefined;
}

async function runToItsEnd(deps: DueRunDeps, due: DueRun, begun: ReconciliationMemory): Promise<RunEnd> {
  const { settings, occasion, stopping, lost } = due;
  const { now } = deps;
  try {
    const signal = AbortSignal.any([stopping, lost]);
    const readLog = logReader(deps, settings, signal);
    const replies = repliesToLookFor(begun, occasion, { ...deps, now: now() });
    const done = await reconcile({ ...deps, settings, readLog, replies });
    // A cancelled run proves nothing about Sweego: the next process runs the slot again.
    if (signal.aborted) return { kind: 'cancelled' };
    return { kind: 'done', done, apiKeyAlert: await apiKeyAlertAfter(deps, done, begun.apiKeyAlert) };
  } catch (error) {
    // The run is repeated before the next slot, which may be a day away.
    const pausedUntil = isOdooAway(error) ? later(now(), odooPauseMs) : undefined;
    return { kind: 'failed', error, pausedUntil };
  }
}

/** Reads the memory again: a process that stood still may have lost the lease without noticing. */
async function keepEnd(
  { inbox, skippedSlot, now }: DueRunDeps,
  occasion: Occasion,
  before: ReconciliationMemory,
  end: RunEnd,
): Promise<void> {
  const memory = memoryAfterEnd(await recallReconciliations(inbox, now()), occasion, before, end, now());
  // Replicas must know which slot this process skipped during the run.
  await keepReconciliations(inbox, withSlot(memory, skippedSlot(), now()), now());
}

function memoryAfterEnd(
  memory: ReconciliationMemory,
  occasion: Occasion,
  before: ReconciliationMemory,
  end: RunEnd,
  now: Date,
): ReconciliationMemory {
  switch (end.kind) {
    case 'done':
      return { ...memoryAfter(end.done, memory, now), apiKeyAlert: end.apiKeyAlert };
    case 'cancelled':
      return givenBack(memory, occasion, before);
    case 'failed':
      if (end.pausedUntil === undefined) return memory;
      return { ...givenBack(memory, occasion, before), notBefore: end.pausedUntil };
  }
}

/** When Odoo cannot show the activity now, the next run raises it. */
async function apiKeyAlertAfter(
  { actions, log }: DueRunDeps,
  { run }: Reconciled,
  openKey: string | null,
): Promise<string | null> {
  try {
    return await updateApiKeyAlert(actions, run, openKey);
  } catch (error) {
    log.warn(describeError(error), 'could not update the activity about Sweego’s API key in Odoo');
    return openKey;
  }
}

function logReader({ sweego, ...deps }: DueRunDeps, settings: BridgeSettings, signal: AbortSignal): ReadLog {
  return async function* (query) {
    const apiKey = requireLogApiKey(sweego.apiKey ?? settings.api_key);
    yield* readLogPages(deps, { url: sweego.url, apiKey }, query, signal);
  };
}

function isOdooAway(error: unknown): boolean {
  return error instanceof BridgeError && error.scope === 'odoo' && error.retry === 'later';
}

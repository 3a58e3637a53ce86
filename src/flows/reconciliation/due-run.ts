import { BridgeError } from '../../errors.ts';
import type { Inbox } from '../../inbox/inbox.ts';
import { describeError } from '../../log.ts';
import type { BridgeSettings } from '../../odoo/bridge-answers.ts';
import { requireLogApiKey } from '../../sweego/api.ts';
import { readLogPages } from '../../sweego/log-pages.ts';
import type { LogDeps, ReadLog } from '../../sweego/log-pages.ts';
import { tellApiKeyFault } from './api-key-alert.ts';
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

/** After Odoo could not be asked. */
const odooPauseMs = 5 * 60_000;

export type DueRunDeps = LogDeps & {
  inbox: ReconcileDeps['inbox'] & Pick<Inbox, 'findSnapshot' | 'saveSnapshot'>;
  actions: ReconcileDeps['actions'];
  /** Sweego's API as the environment names it; without a key there, Odoo's settings name it. */
  sweego: { url: string; apiKey: string | undefined };
  describe: ReconcileDeps['describe'];
  /** How far back Sweego is asked, days. */
  mostDays: number;
  /** How long the inbox keeps what has ended, days. */
  retainDays: number;
  /** The slot that this process skipped last, asked when the run has ended. */
  skippedSlot: () => Date | undefined;
  now: () => Date;
  log: ReconcileDeps['log'];
};

export type DueRun = {
  settings: BridgeSettings;
  occasion: Occasion;
  stopping: AbortSignal;
  /** Aborted when another process may hold the lease. */
  lost: AbortSignal;
};

/** How a run ended. `pausedUntil`: Odoo was away, and is asked again then. */
type RunEnd =
  | { kind: 'done'; done: Reconciled; apiKeyAlert: string | null }
  | { kind: 'broken off' }
  | { kind: 'failed'; error: unknown; pausedUntil: string | undefined };

/**
 * One run, as the holder of the reconciliation's lease, and what is remembered of it.
 *
 * @returns undefined when the occasion was served already, or the run was broken off
 * @throws BridgeError ODOO_*, INBOX_*
 */
export async function makeDueRun(deps: DueRunDeps, due: DueRun): Promise<Reconciled | undefined> {
  const { inbox, now } = deps;
  const { occasion } = due;
  const before = await recallReconciliations(inbox, now());
  if (isServed(occasion, before, now())) return undefined;
  // Before the run: one that ends the process must not be tried again each minute.
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
    // What was broken off tells nothing about Sweego: the next process runs the slot anew.
    if (signal.aborted) return { kind: 'broken off' };
    return { kind: 'done', done, apiKeyAlert: await apiKeyAlertAfter(deps, done, begun.apiKeyAlert) };
  } catch (error) {
    // Tried again before the next slot, which may be a day away.
    const pausedUntil = isOdooAway(error) ? later(now(), odooPauseMs) : undefined;
    return { kind: 'failed', error, pausedUntil };
  }
}

/** Read anew: a process that stood still may have lost its turn without noticing. */
async function keepEnd(
  { inbox, skippedSlot, now }: DueRunDeps,
  occasion: Occasion,
  before: ReconciliationMemory,
  end: RunEnd,
): Promise<void> {
  const memory = memoryAfterEnd(await recallReconciliations(inbox, now()), occasion, before, end, now());
  // Replicas must know of a slot that this process skipped meanwhile.
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
    case 'broken off':
      return givenBack(memory, occasion, before);
    case 'failed':
      if (end.pausedUntil === undefined) return memory;
      return { ...givenBack(memory, occasion, before), notBefore: end.pausedUntil };
  }
}

/** It is shown at the next run when Odoo cannot show it now. */
async function apiKeyAlertAfter(
  { actions, log }: DueRunDeps,
  { run }: Reconciled,
  openKey: string | null,
): Promise<string | null> {
  try {
    return await tellApiKeyFault(actions, run, openKey);
  } catch (error) {
    log.warn(describeError(error), 'Odoo could not be told about Sweego’s API key');
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

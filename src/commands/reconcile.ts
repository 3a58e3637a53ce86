import { createBridgeReconciler } from '../bridge/bridge-reconciler.ts';
import { createBridgeWorker } from '../bridge/bridge-worker.ts';
import { bringRows, requireBrought } from '../bridge/bring-rows.ts';
import type { ServeConfig } from '../config.ts';
import { bridgeError } from '../errors.ts';
import type { BridgeError } from '../errors.ts';
import type { Reconciled } from '../flows/reconciliation/reconcile.ts';
import { codesOf, recallReconciliations } from '../flows/reconciliation/reconciliation-runs.ts';
import type { ReconciliationRun } from '../flows/reconciliation/reconciliation-runs.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { Log } from '../log.ts';
import { withExistingInbox } from './inbox/entry.ts';
import { printableJson } from './printed-text.ts';
import { printReconciled, printRuns, reconciledToJson, runToJson } from './reconcile-report.ts';

export type ReconcileOptions = {
  /** How far back Sweego is asked; as the environment says when left out. */
  days?: number | undefined;
  /** Only shows the last runs. */
  list: boolean;
  json: boolean;
};

export type ReconcileCommandDeps = {
  now: () => Date;
  /** Writes one line of the result. */
  out: (line: string) => void;
  log: Log;
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
};

/**
 * Reconciles once, whatever the schedule says, and brings to Odoo what it found and what earlier runs left: by the
 * running `serve`, or from here when none runs. Prints a summary.
 *
 * @throws BridgeError RECONCILE_RUNNING, INBOX_FILE_MISSING, ODOO_*, INBOX_*; after printing what was done:
 *   RECONCILE_INCOMPLETE, RECONCILE_UNFINISHED
 */
export async function runReconcile(
  config: ServeConfig,
  options: ReconcileOptions,
  deps: ReconcileCommandDeps,
): Promise<void> {
  const { now, out } = deps;
  await withExistingInbox(config, async (inbox) => {
    if (options.list) {
      const { runs } = await recallReconciliations(inbox, now());
      return options.json ? out(printableJson({ runs: runs.map(runToJson) })) : printRuns(runs, now(), out);
    }
    const done = await reconcileOnce(config, inbox, options, deps);
    const brought = await bringRows(config, inbox, new Date(done.run.startedAt), deps);
    if (options.json) out(printableJson(reconciledToJson(done, brought)));
    else printReconciled(done, brought, out);
    // Thrown first because it matters more; the summary shows both.
    requireBrought(brought);
    if (done.run.outcome !== 'complete') throw incomplete(done.run);
  });
}

async function reconcileOnce(
  config: ServeConfig,
  inbox: Inbox,
  { days }: ReconcileOptions,
  { now, log, sleep }: ReconcileCommandDeps,
): Promise<Reconciled> {
  const parts = createBridgeWorker(config, inbox, { now, log });
  try {
    const settings = await parts.settings.refresh();
    const done = await createBridgeReconciler(config, inbox, parts, { now, log, days, sleep }).runNow(
      settings,
    );
    if (done === undefined) {
      throw bridgeError('RECONCILE_RUNNING', 'Another process reconciles at this moment');
    }
    return done;
  } finally {
    await parts.odoo.close();
  }
}

function incomplete(run: ReconciliationRun): BridgeError {
  const codes = codesOf(run);
  const how = run.outcome === 'failed' ? 'at all' : 'to its end';
  return bridgeError('RECONCILE_INCOMPLETE', `Sweego's log could not be read ${how} (${codes.join(', ')})`, {
    details: { codes },
  });
}

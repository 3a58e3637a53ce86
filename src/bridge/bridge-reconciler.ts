import type { ServeConfig } from '../config.ts';
import { createReconciler } from '../flows/reconciliation/reconciler.ts';
import type { Reconciler } from '../flows/reconciliation/reconciler.ts';
import { openHttpRequest } from '../http-client.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { Log } from '../log.ts';
import { describeBody } from '../sweego/describe-body.ts';
import { sleep as realSleep } from './bridge-worker.ts';
import type { BridgeWorker } from './bridge-worker.ts';

/** Creates the reconciler of a bridge from its parts; it does nothing until it is called. */
export function createBridgeReconciler(
  config: ServeConfig,
  inbox: Inbox,
  { actions, settings, holder }: Pick<BridgeWorker, 'actions' | 'settings' | 'holder'>,
  {
    now,
    log,
    days = config.reconcileDays,
    sleep = realSleep,
  }: { now: () => Date; log: Log; days?: number | undefined; sleep?: typeof realSleep | undefined },
): Reconciler {
  return createReconciler({
    inbox,
    actions,
    currentSettings: () => settings.current(),
    cron: config.reconcileCron,
    sweego: { url: config.sweegoApiUrl, apiKey: config.sweegoApiKey },
    openHttpRequest,
    describe: describeBody,
    mostDays: days,
    retainDays: config.retainEntriesDays,
    holder,
    now,
    sleep,
    log,
  });
}

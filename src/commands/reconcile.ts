import type { ServeConfig } from '../config.ts';
import { BridgeError } from '../errors.ts';
import { codesOf, recallReconciliations, type ReconciliationRun } from '../flows/reconciliation-runs.ts';
import type { Reconciled } from '../flows/reconcile.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { openInbox } from '../inbox/open.ts';
import type { Log } from '../log.ts';
import { describeBody } from '../sweego/describe-body.ts';
import { createBridgeReconciler } from './bridge-reconciler.ts';
import { createBridgeWorker } from './bridge-worker.ts';
import { drainNow, type DrainEnd } from './drain-now.ts';
import { ageOf } from './inbox-entry.ts';
import { printableJson, printableLine, printTable } from './printed-text.ts';

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
};

/**
 * Reconciles once, whatever the schedule says, and brings to Odoo what it found: by the running `serve`, or from
 * here when none runs. Prints a summary.
 *
 * @throws BridgeError RECONCILE_RUNNING, RECONCILE_INCOMPLETE (printed all the same), ODOO_*, INBOX_*
 */
export async function runReconcile(
  config: ServeConfig,
  options: ReconcileOptions,
  deps: ReconcileCommandDeps,
): Promise<void> {
  const inbox = await openInbox(config.databaseUrl);
  try {
    if (options.list) return printRuns(inbox, options, deps);
    const done = await reconcileOnce(config, inbox, options, deps);
    const end = done.run.news === 0 ? undefined : await bringToOdoo(config, inbox, deps);
    if (options.json) deps.out(printableJson(toJson(done)));
    else printSummary(done, end, deps);
    if (done.run.outcome !== 'complete') throw incomplete(done.run);
  } finally {
    await inbox.close();
  }
}

async function reconcileOnce(
  config: ServeConfig,
  inbox: Inbox,
  { days }: ReconcileOptions,
  { now, log }: ReconcileCommandDeps,
): Promise<Reconciled> {
  const parts = createBridgeWorker(config, inbox, { now, log });
  try {
    const settings = await parts.settings.refresh();
    const done = await createBridgeReconciler(config, inbox, parts, { now, log, days }).runNow(settings);
    if (done === undefined) throw runningElsewhere();
    return done;
  } finally {
    await parts.odoo.close();
  }
}

async function bringToOdoo(config: ServeConfig, inbox: Inbox, deps: ReconcileCommandDeps): Promise<DrainEnd> {
  while ((await inbox.status()).unclaimed > 0) {
    await inbox.claim({ directions: [], limit: 0, now: deps.now(), describe: describeBody });
  }
  const entries = await inbox.list({ directions: ['log'], states: ['received', 'claimed'], limit: 100_000 });
  const ids = entries.map(({ id }) => id).reverse();
  return drainNow(config, inbox, ids, deps);
}

function printSummary(
  { run, lostReplies }: Reconciled,
  end: DrainEnd | undefined,
  { out }: ReconcileCommandDeps,
): void {
  out(`Messages that wait for word from Sweego: ${run.pending}`);
  if (run.tooOld !== null) {
    out(`Of them too old to be asked about: ${run.tooOld.count}, the oldest since ${run.tooOld.oldest}`);
  }
  if (run.domains.length > 0) {
    const rows = run.domains.map(({ domain, result, code, rows: count }) => [
      domain,
      code === undefined ? resultTexts[result] : `${resultTexts[result]}: ${code}`,
      String(count),
    ]);
    printTable([['FROM DOMAIN', 'RESULT', 'ROWS'], ...rows], out);
    out(`Rows that told something new: ${run.news}`);
  }
  for (const { sender, subject, receivedAt } of lostReplies) {
    const when = receivedAt === undefined ? '' : `, received ${receivedAt.toISOString()}`;
    out(printableLine(`Lost reply of ${sender}: ${subject}${when}`));
  }
  if (run.inbound === 'checked') out(`Lost replies that were not told of before: ${lostReplies.length}`);
  else out(`Lost replies were not looked for: ${inboundTexts[run.inbound]}`);
  if (end?.kind === 'odoo_down') {
    out(`Odoo cannot be worked with (${end.code}): what was found waits in the inbox.`);
  } else if (end?.kind === 'served') out('The running serve brings it to Odoo.');
}

const inboundTexts: Readonly<Record<Exclude<ReconciliationRun['inbound'], 'checked'>, string>> = {
  'not needed': 'none can be known yet.',
  postponed: 'the inbox holds what nobody has looked at yet.',
  failed: 'Sweego’s log of received mails could not be read.',
  skipped: 'Sweego could not be asked.',
};

const resultTexts: Readonly<Record<ReconciliationRun['domains'][number]['result'], string>> = {
  read: 'read',
  none: 'no rows',
  failed: 'failed',
  skipped: 'not asked',
};

async function printRuns(
  inbox: Inbox,
  { json }: ReconcileOptions,
  { out, now }: ReconcileCommandDeps,
): Promise<void> {
  const { runs } = await recallReconciliations(inbox, now());
  if (json) return out(printableJson({ runs: runs.map(runToJson) }));
  if (runs.length === 0) return out('No reconciliation has been done with this inbox.');
  const rows = runs.map((run) => [
    run.startedAt,
    ageOf(new Date(run.startedAt), now()),
    run.outcome,
    String(run.pending),
    String(run.domains.reduce((sum, each) => sum + each.rows, 0)),
    String(run.news),
    String(run.lostReplies.length),
  ]);
  printTable([['STARTED', 'AGE', 'OUTCOME', 'PENDING', 'ROWS', 'NEWS', 'LOST REPLIES'], ...rows], out);
}

/** Programs depend on these names. */
function runToJson(run: ReconciliationRun) {
  return {
    started_at: run.startedAt,
    ended_at: run.endedAt,
    outcome: run.outcome,
    pending: run.pending,
    too_old: run.tooOld,
    domains: run.domains,
    news: run.news,
    unreadable: run.unreadable,
    inbound: run.inbound,
    inbound_code: run.inboundCode ?? null,
    lost_replies: run.lostReplies,
  };
}

function toJson({ run, lostReplies }: Reconciled) {
  const lost = lostReplies.map(({ swgUid, sender, subject, receivedAt }) => ({
    swg_uid: swgUid,
    sender,
    subject,
    received_at: receivedAt?.toISOString() ?? null,
  }));
  return { ...runToJson(run), lost_replies: lost };
}

function runningElsewhere(): BridgeError {
  return new BridgeError(
    'RECONCILE_RUNNING',
    'Another process reconciles at this moment. Wait until it is done, and see its result with: sweego-odoo-bridge reconcile --list',
    { retry: 'later', scope: 'bridge', cause: undefined },
  );
}

function incomplete(run: ReconciliationRun): BridgeError {
  const { outcome } = run;
  const codes = codesOf(run);
  return new BridgeError(
    'RECONCILE_INCOMPLETE',
    `Sweego's log could not be read ${outcome === 'failed' ? 'at all' : 'to its end'} (${codes.join(', ')}). ` +
      'Mend that, see docs/errors.md, and run it again: what was read is used already.',
    { retry: 'later', scope: 'sweego', cause: undefined, details: { codes } },
  );
}

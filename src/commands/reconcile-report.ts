import type { BroughtRows } from '../bridge/bring-rows.ts';
import type { Reconciled } from '../flows/reconciliation/reconcile.ts';
import { codesOf } from '../flows/reconciliation/reconciliation-runs.ts';
import type { ReconciliationRun } from '../flows/reconciliation/reconciliation-runs.ts';
import type { EntrySummary } from '../inbox/inbox.ts';
import { ageOf } from './inbox/entry.ts';
import { printableLine, printTable } from './printed-text.ts';

type Out = (line: string) => void;

/** Entries that are not settled are named one by one up to this number. */
const mostNamed = 5;
const seeParked = 'see them with: sweego-odoo-bridge inbox list --state parked --kind log';

/** One reconciliation, and what became in Odoo of what it found. */
export function printReconciled({ run, lostReplies }: Reconciled, brought: BroughtRows, out: Out): void {
  out(`Messages that wait for an event from Sweego: ${run.pending}`);
  if (run.tooOld !== null) {
    const { count, oldest } = run.tooOld;
    out(`Of these, too old to look up (--days, RECONCILE_DAYS): ${count}, the oldest sent at ${oldest}`);
  }
  if (run.domains.length > 0) {
    const rows = run.domains.map(({ domain, result, code, rows: count }) => [
      domain,
      code === undefined ? resultTexts[result] : `${resultTexts[result]}: ${code}`,
      String(count),
    ]);
    printTable([['FROM DOMAIN', "SWEEGO'S LOG", 'ROWS'], ...rows], out);
    out(`Rows with new events: ${run.news}`);
  }
  if (run.unreadable > 0) out(`Rows that cannot be read: ${run.unreadable}`);
  printBrought(brought, out);
  for (const { sender, subject, receivedAt } of lostReplies) {
    const when = receivedAt === undefined ? '' : `, received ${receivedAt.toISOString()}`;
    out(printableLine(`Lost reply of ${sender}: ${subject}${when}`));
  }
  if (run.inbound === 'checked') {
    out(`Lost replies not reported before: ${lostReplies.length}`);
    if (lostReplies.length > 0) out('Each is an activity in Odoo: ask the sender to send it again.');
  } else {
    const why = run.inboundCode === undefined ? '' : ` (${run.inboundCode})`;
    out(`Lost replies were not looked for: ${inboundTexts[run.inbound]}${why}`);
  }
}

function printBrought(brought: BroughtRows, out: Out): void {
  const { worker, odooCode, applied, needless, open, parked, parkedEarlier } = brought;
  if (odooCode !== undefined) out(`Odoo is unavailable: ${odooCode}`);
  if (worker !== 'none') {
    const counts = [
      `${applied} applied`,
      ...(needless > 0 ? [`${needless} needed nothing`] : []),
      `${open.length} ${worker === 'serve' ? 'pending' : 'retried later'}`,
      `${parked.length} parked`,
    ];
    out(`Brought to Odoo${worker === 'serve' ? ' by the running serve' : ''}: ${counts.join(', ')}`);
    for (const entry of [...parked, ...open].slice(0, mostNamed)) out(printableLine(lineOf(entry)));
    const more = parked.length + open.length - mostNamed;
    if (more > 0) out(`And ${more} more: sweego-odoo-bridge inbox list --kind log`);
  }
  if (parkedEarlier > 0) out(`Rows parked in earlier runs: ${parkedEarlier}; ${seeParked}`);
}

function lineOf({ id, state, reason, dueAt }: EntrySummary): string {
  const due = state === 'waiting' && dueAt !== null ? `, again at ${dueAt.toISOString()}` : '';
  return `  entry ${id} is ${state}: ${reason}${due}`;
}

const inboundTexts: Readonly<Record<Exclude<ReconciliationRun['inbound'], 'checked'>, string>> = {
  'not needed': 'none of the last two hours counts as lost, and there are no older ones to look for',
  postponed: 'the inbox holds webhooks that are not processed yet; the next run looks for them',
  failed: 'Sweego’s log of received mails could not be read',
  skipped: 'Sweego could not be asked',
};

const resultTexts: Readonly<Record<ReconciliationRun['domains'][number]['result'], string>> = {
  read: 'read',
  none: 'no rows',
  failed: 'failed',
  skipped: 'not asked',
};

/** The last runs, newest first, with why some were not complete. */
export function printRuns(runs: readonly ReconciliationRun[], now: Date, out: Out): void {
  if (runs.length === 0) return out('No reconciliation has been done with this inbox.');
  const rows = runs.map((run) => [
    run.startedAt,
    ageOf(new Date(run.startedAt), now),
    run.outcome,
    String(run.pending),
    String(run.domains.reduce((sum, each) => sum + each.rows, 0)),
    String(run.news),
    String(run.lostReplies.length),
    codesOf(run).join(', '),
  ]);
  const heading = ['STARTED', 'AGE', 'OUTCOME', 'WAITING', 'ROWS', 'NEW', 'LOST REPLIES', 'FAILURES'];
  printTable([heading, ...rows], out);
}

/** Programs depend on these names. */
export function runToJson(run: ReconciliationRun) {
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

/** Programs depend on these names. */
export function reconciledToJson({ run, lostReplies }: Reconciled, brought: BroughtRows) {
  const lost = lostReplies.map(({ swgUid, sender, subject, receivedAt }) => ({
    swg_uid: swgUid,
    sender,
    subject,
    received_at: receivedAt?.toISOString() ?? null,
  }));
  return { ...runToJson(run), lost_replies: lost, brought: broughtToJson(brought) };
}

function broughtToJson(brought: BroughtRows) {
  const { worker, odooCode, applied, needless, open, parked, parkedEarlier } = brought;
  return {
    worker,
    odoo: odooCode ?? null,
    applied,
    nothing_to_do: needless,
    open: open.length,
    parked: parked.length,
    parked_earlier: parkedEarlier,
    after: [...parked, ...open].map(({ id, state, outcome, code, reason, dueAt }) => ({
      id,
      state,
      outcome,
      code,
      reason,
      due_at: dueAt?.toISOString() ?? null,
    })),
  };
}

import type { DescribeBody, Inbox } from '../../inbox/inbox.ts';
import type { Log } from '../../log.ts';
import type { BridgeActions } from '../../odoo/bridge-actions.ts';
import type { BridgeSettings } from '../../odoo/bridge-answers.ts';
import {
  domainsSentFrom,
  domainsToAsk,
  reconciliationWindow,
} from '../../rules/reconciliation/reconciliation.ts';
import type { Window } from '../../rules/reconciliation/reconciliation.ts';
import type { ReadLog } from '../../sweego/log-pages.ts';
import { findLostReplies } from './lost-replies.ts';
import type { LostReply, LostReplyCheck } from './lost-replies.ts';
import { readPendingMessages } from './pending-messages.ts';
import type { PendingMessages } from './pending-messages.ts';
import { everyDomain, reconcileDomain } from './reconcile-domain.ts';
import type { DomainRead } from './reconcile-domain.ts';
import { codesOf } from './reconciliation-runs.ts';
import type { ReconciliationRun } from './reconciliation-runs.ts';

export type ReconcileDeps = {
  inbox: Pick<Inbox, 'put' | 'list' | 'replay' | 'status' | 'claim'>;
  actions: Pick<BridgeActions, 'pending' | 'openAlert' | 'closeAlert'>;
  /** Splits bodies into entries. */
  describe: DescribeBody;
  settings: Pick<BridgeSettings, 'alias_domains' | 'servers'>;
  readLog: ReadLog;
  /** How far back Sweego's log is read, days. */
  mostDays: number;
  replies: {
    /** Replies received before are not looked for. */
    since: Date;
    /** Look for them even while no mail is pending. */
    isDue: boolean;
    /** swg_uid of replies that were reported lately. */
    reported: readonly string[];
  };
  now: () => Date;
  log: Pick<Log, 'info' | 'warn' | 'error'>;
};

export type Reconciled = {
  run: ReconciliationRun;
  /** Those that were not reported before. */
  lostReplies: readonly LostReply[];
  /** Every reply received before this is in the inbox or was reported; undefined when not all were looked for. */
  repliesSeenUntil: Date | undefined;
  /** How long Sweego asks us to wait, milliseconds. */
  pauseMs: number;
};

/**
 * One reconciliation: looks up in Sweego's log the mails that are pending in Odoo, and stores new rows as entries of
 * the inbox; the worker applies them in Odoo by the same rules as webhooks. While no mail is pending, the log of sent
 * mails is not read at all. When Sweego does not answer, the run is partial: a missing row never counts as evidence.
 *
 * @throws BridgeError ODOO_*, INBOX_*: the run has no result, and the worker applies the entries stored so far
 */
export async function reconcile(deps: ReconcileDeps): Promise<Reconciled> {
  const { now, log } = deps;
  const startedAt = now();
  const waiting = await readPendingMessages(deps.actions);
  const window = reconciliationWindow(waiting.mails, deps.mostDays, startedAt);
  logTooOld(window, log);
  const reads = window.from === undefined ? [] : await readDomains(deps, waiting, window.from);
  const inbound = await checkInbound(deps, reads, waiting.known.size > 0);
  const run: ReconciliationRun = {
    startedAt: startedAt.toISOString(),
    endedAt: now().toISOString(),
    outcome: outcomeOf(reads, inbound.result),
    pending: waiting.known.size,
    ...resultOf(window, reads, inbound),
  };
  logEnd(run, log);
  const pauses = [inbound, ...reads].map(({ retryAfterMs = 0 }) => retryAfterMs);
  return {
    run,
    lostReplies: inbound.lost,
    repliesSeenUntil: inbound.seenUntil,
    pauseMs: Math.max(...pauses),
  };
}

function resultOf(
  { tooOld }: Window,
  reads: readonly DomainRead[],
  inbound: LostReplyCheck,
): Omit<ReconciliationRun, 'startedAt' | 'endedAt' | 'outcome' | 'pending'> {
  return {
    tooOld: tooOld === undefined ? null : { count: tooOld.count, oldest: tooOld.oldest.toISOString() },
    domains: reads.map(({ domain, result, code, rows }) => ({
      domain,
      result,
      rows,
      ...(code === undefined ? {} : { code }),
    })),
    news: sumOf(reads.map(({ news }) => news)),
    unreadable: sumOf(reads.map(({ unreadable }) => unreadable)),
    lostReplies: inbound.lost.map(({ swgUid }) => swgUid),
    inbound: inbound.result,
    ...(inbound.code === undefined ? {} : { inboundCode: inbound.code }),
  };
}

async function checkInbound(
  deps: ReconcileDeps,
  reads: readonly DomainRead[],
  isWaiting: boolean,
): Promise<LostReplyCheck> {
  const { settings, replies } = deps;
  if (hasEnded(reads)) return { result: 'skipped', lost: [] };
  if (!isWaiting && !replies.isDue) return { result: 'not needed', lost: [] };
  const aliasDomains = settings.alias_domains.map(({ name }) => name);
  return findLostReplies(deps, aliasDomains, replies);
}

async function readDomains(
  deps: ReconcileDeps,
  { known, mails }: PendingMessages,
  from: Date,
): Promise<DomainRead[]> {
  const { settings, now } = deps;
  const fromFilters = settings.servers.map(({ from_filter }) => from_filter);
  const domains = domainsToAsk(
    mails.map(({ fromDomain }) => fromDomain),
    settings.alias_domains.map(({ name }) => name),
    fromFilters,
  );
  const sentFrom = domainsSentFrom(mails, fromFilters, { from, now: now() });
  const reads: DomainRead[] = [];
  // Mails without a domain are rare. Their rows are found by Message-Id in the whole log.
  for (const domain of domains.length > 0 ? domains : [everyDomain]) {
    const read: DomainRead = hasEnded(reads)
      ? { domain, result: 'skipped', rows: 0, news: 0, unreadable: 0 }
      : await reconcileDomain({ ...deps, known }, domain, from);
    const isOdd = read.result === 'none' && sentFrom.has(domain);
    reads.push(isOdd ? { ...read, result: 'failed', code: 'SWEEGO_LOG_EMPTY' } : read);
  }
  return reads;
}

function hasEnded(reads: readonly DomainRead[]): boolean {
  const last = reads.at(-1);
  return last?.result === 'skipped' || last?.endsRun === true;
}

function outcomeOf(
  reads: readonly DomainRead[],
  inbound: ReconciliationRun['inbound'],
): ReconciliationRun['outcome'] {
  const isMissing = ({ result }: DomainRead) => result === 'failed' || result === 'skipped';
  const isPartlyRead = reads.some(({ code }) => code === 'SWEEGO_ROW_UNREADABLE');
  const parts = [...reads.map(isMissing), ...(isPartlyRead || inbound === 'checked' ? [false] : [])];
  const areMissing = inbound === 'failed' ? [...parts, true] : parts;
  if (!areMissing.includes(true)) return 'complete';
  return areMissing.includes(false) ? 'partial' : 'failed';
}

function logTooOld({ tooOld }: Window, log: ReconcileDeps['log']): void {
  if (tooOld === undefined) return;
  log.warn(
    { mails: tooOld.count, oldest: tooOld.oldest.toISOString() },
    'pending mails are older than the part of Sweego’s log that is read',
  );
}

function logEnd(run: ReconciliationRun, log: ReconcileDeps['log']): void {
  const { outcome, pending, news } = run;
  const rows = sumOf(run.domains.map((each) => each.rows));
  const fields = { outcome, pending, rows, news };
  if (outcome === 'complete') log.info(fields, 'reconciliation done');
  else log.error({ ...fields, codes: codesOf(run) }, 'reconciliation could not read all of Sweego’s log');
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}

import type { Inbox } from '../inbox/inbox.ts';
import type { BridgeActions } from '../odoo/bridge-actions.ts';
import type { BridgeSettings, PendingAnswer } from '../odoo/bridge-answers.ts';
import { domainsToAsk, eventKey, reconciliationWindow, type Window } from '../rules/reconciliation.ts';
import { findLostReplies, type LostReply, type LostReplyDeps } from './lost-replies.ts';
import { reconcileDomain, type DomainRead, type ReadLog } from './reconcile-domain.ts';
import type { ReconciliationRun } from './reconciliation-runs.ts';

export type ReconcileDeps = {
  inbox: Pick<Inbox, 'put' | 'list' | 'status'>;
  actions: Pick<BridgeActions, 'pending' | 'openAlert'>;
  settings: Pick<BridgeSettings, 'alias_domains' | 'servers'>;
  readLog: ReadLog;
  /** How far back Sweego is asked, days. */
  mostDays: number;
  /** Replies received before cannot be found in the inbox. */
  repliesSince: Date;
  now: () => Date;
  log: LostReplyDeps['log'] & {
    info(fields: Readonly<Record<string, unknown>>, message: string): void;
    warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  };
};

/** Ends a run early: every other call would fail in the same way. */
const ends = ['SWEEGO_API_KEY_REFUSED', 'SWEEGO_API_KEY_MISSING', 'SWEEGO_UNREACHABLE'];

/**
 * One reconciliation: what Odoo waits for is looked up in Sweego's log, and what that tells becomes entries of
 * the inbox; the worker brings them to Odoo by the same rules as webhooks. When nothing waits, Sweego is not
 * asked at all. What Sweego does not answer makes the run partial: nothing is concluded from a row's absence.
 *
 * @throws BridgeError ODOO_*, INBOX_*: nothing was concluded, and entries stored so far are worked on
 */
export async function reconcile(
  deps: ReconcileDeps,
): Promise<{ run: ReconciliationRun; lostReplies: readonly LostReply[] }> {
  const { settings, now, log } = deps;
  const startedAt = now();
  const waiting = await readWaiting(deps.actions);
  const aliasDomains = settings.alias_domains.map(({ name }) => name);
  const window = reconciliationWindow(waiting.times, deps.mostDays, startedAt);
  tellOld(window, log);
  const fromFilters = settings.servers.map(({ from_filter }) => from_filter);
  const domains = domainsToAsk([...waiting.fromDomains], aliasDomains, fromFilters);
  const reads = window.days === undefined ? [] : await readDomains(deps, waiting.known, domains, window.days);
  const hasEnded = reads.some(({ result }) => result === 'skipped') || endedBy(reads.at(-1)) !== undefined;
  const isInboundAsked = waiting.known.size > 0 && !hasEnded;
  const inbound = isInboundAsked
    ? await findLostReplies(deps, aliasDomains, deps.repliesSince)
    : { result: 'not needed' as const, lost: [] };
  const run: ReconciliationRun = {
    startedAt: startedAt.toISOString(),
    endedAt: now().toISOString(),
    outcome: outcomeOf(reads, inbound.result),
    pending: waiting.known.size,
    tooOld:
      window.tooOld === undefined
        ? null
        : { count: window.tooOld.count, oldest: window.tooOld.oldest.toISOString() },
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
  };
  tellEnd(run, log);
  return { run, lostReplies: inbound.lost };
}

type Waiting = {
  known: Map<string, Set<string>>;
  times: { createdAt: Date; since: Date }[];
  fromDomains: Set<string | null>;
};

async function readWaiting(actions: ReconcileDeps['actions']): Promise<Waiting> {
  const waiting: Waiting = { known: new Map(), times: [], fromDomains: new Set() };
  let cursor: string | null = null;
  do {
    const page: PendingAnswer = await actions.pending(cursor);
    for (const message of page.messages) {
      const { created_at: createdAt, since, message_id: messageId } = message;
      if (createdAt !== null) waiting.times.push({ createdAt, since: since ?? createdAt });
      waiting.fromDomains.add(message.from_domain);
      waiting.known.set(messageId, new Set(message.events.map(([uid, type]) => eventKey(uid, type))));
    }
    cursor = page.next;
  } while (cursor !== null);
  return waiting;
}

async function readDomains(
  deps: ReconcileDeps,
  known: Waiting['known'],
  domains: readonly string[],
  days: { from: Date; to: Date },
): Promise<DomainRead[]> {
  const reads: DomainRead[] = [];
  for (const domain of domains) {
    const isOver = endedBy(reads.at(-1)) !== undefined || reads.at(-1)?.result === 'skipped';
    reads.push(
      isOver
        ? { domain, result: 'skipped', rows: 0, news: 0, unreadable: 0 }
        : await reconcileDomain({ ...deps, known }, domain, days),
    );
  }
  return reads;
}

function endedBy(read: DomainRead | undefined): string | undefined {
  return ends.find((code) => code === read?.code);
}

function outcomeOf(
  reads: readonly DomainRead[],
  inbound: ReconciliationRun['inbound'],
): ReconciliationRun['outcome'] {
  const isMissing = ({ result }: DomainRead) => result === 'failed' || result === 'skipped';
  if (reads.length > 0 && reads.every(isMissing)) return 'failed';
  return reads.some(isMissing) || inbound === 'failed' ? 'partial' : 'complete';
}

function tellOld({ tooOld }: Window, log: ReconcileDeps['log']): void {
  if (tooOld === undefined) return;
  log.warn(
    { mails: tooOld.count, oldest: tooOld.oldest.toISOString() },
    'mails wait for Sweego for longer than its log is asked about',
  );
}

function tellEnd(run: ReconciliationRun, log: ReconcileDeps['log']): void {
  const { outcome, pending, news } = run;
  const rows = sumOf(run.domains.map((each) => each.rows));
  const codes = [...new Set(run.domains.flatMap(({ code }) => code ?? []))];
  const fields = { outcome, pending, rows, news };
  if (outcome === 'complete') log.info(fields, 'reconciliation done');
  else log.error({ ...fields, codes }, 'reconciliation could not read all of Sweego’s log');
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}

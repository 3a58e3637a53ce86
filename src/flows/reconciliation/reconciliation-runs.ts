import type { ErrorCode } from '../../errors.ts';
import type { Inbox } from '../../inbox/inbox.ts';

/** What became of one From domain in a run. */
export type DomainResult = {
  domain: string;
  /** `none`: Sweego has no row of it (it answers 422 then), and none was expected. `skipped`: not asked, since Sweego was away. */
  result: 'read' | 'none' | 'failed' | 'skipped';
  /** Why it failed. */
  code?: ErrorCode;
  rows: number;
};

/** One reconciliation, as it is kept: ids and counts, no address and no subject. Instants are ISO 8601. */
export type ReconciliationRun = {
  startedAt: string;
  endedAt: string;
  /** `partial`: some of Sweego's log was not read, so the absence of news means nothing. */
  outcome: 'complete' | 'partial' | 'failed';
  /** Messages that wait for word from Sweego. */
  pending: number;
  /** Those of them that Sweego is not asked about any more. */
  tooOld: { count: number; oldest: string } | null;
  domains: DomainResult[];
  /** Rows that told something new, stored as entries. */
  news: number;
  /** Rows about mails that wait that name no submission, no state or no time; they make the run partial. */
  unreadable: number;
  /** swg_uid of each reply that was found lost in this run. */
  lostReplies: string[];
  /** Whether the received mails were looked through, or why not. */
  inbound: 'checked' | 'not needed' | 'postponed' | 'failed' | 'skipped';
  /** Why they could not be. */
  inboundCode?: ErrorCode;
};

export type ReconciliationMemory = {
  /** Replies received before are not looked for: they have been, or are from before this inbox. */
  repliesSince: string;
  /** When they were last looked for. */
  repliesLookedForAt: string | null;
  /** swg_uid of each lost reply that was told of, and when. */
  toldReplies: Readonly<Record<string, string>>;
  /** The slot of the schedule that was run or skipped last. */
  lastSlot: string | null;
  /** The last wish of an administrator, made in Odoo, for which a run was made. */
  servedRequest: string | null;
  /** No run by schedule before it. */
  notBefore: string | null;
  /** Key of the activity in Odoo that tells of an API key that cannot be used; null while none is open. */
  apiKeyAlert: string | null;
  /** The newest first. */
  runs: ReconciliationRun[];
};

const name = 'reconciliation';
const mostRuns = 20;

/** What is remembered between runs and by all replicas; fresh when nothing is there or nobody can read it. */
export async function recallReconciliations(
  inbox: Pick<Inbox, 'findSnapshot'>,
  now: Date,
): Promise<ReconciliationMemory> {
  const fresh: ReconciliationMemory = {
    repliesSince: now.toISOString(),
    repliesLookedForAt: null,
    toldReplies: {},
    lastSlot: null,
    servedRequest: null,
    notBefore: null,
    apiKeyAlert: null,
    runs: [],
  };
  const found = await inbox.findSnapshot(name);
  if (found === undefined) return fresh;
  try {
    return { ...fresh, ...(JSON.parse(Buffer.from(found.bytes).toString('utf8')) as ReconciliationMemory) };
  } catch {
    // Another release's, or torn: the schedule and the list begin anew, which costs one run.
    return fresh;
  }
}

/** Keeps the last runs. Called by the holder of the reconciliation's lease alone. */
export async function keepReconciliations(
  inbox: Pick<Inbox, 'saveSnapshot'>,
  memory: ReconciliationMemory,
  now: Date,
): Promise<void> {
  const kept = { ...memory, runs: memory.runs.slice(0, mostRuns) };
  await inbox.saveSnapshot(name, Buffer.from(JSON.stringify(kept)), now);
}

/** Why parts of Sweego's log could not be read; each code once. */
export function codesOf({ domains, inboundCode }: ReconciliationRun): ErrorCode[] {
  const codes = domains.flatMap(({ code }) => code ?? []);
  return [...new Set(inboundCode === undefined ? codes : [...codes, inboundCode])];
}

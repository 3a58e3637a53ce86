import type { ErrorCode } from '../../errors.ts';
import type { Inbox } from '../../inbox/inbox.ts';

/** The result of one From domain in a run. */
export type DomainResult = {
  domain: string;
  /** `none`: Sweego answered 422, which means no rows, and none were expected. `skipped`: not asked, because Sweego was unavailable. */
  result: 'read' | 'none' | 'failed' | 'skipped';
  /** Why it failed. */
  code?: ErrorCode;
  rows: number;
};

/** One run, as it is stored: ids and counts, no address and no subject. Instants are ISO 8601. */
export type ReconciliationRun = {
  startedAt: string;
  endedAt: string;
  /** `partial`: a part of Sweego's log was not read, so missing rows prove nothing. */
  outcome: 'complete' | 'partial' | 'failed';
  /** Messages that wait for an event from Sweego. */
  pending: number;
  /** Mails among them that are too old to be looked up in Sweego's log. */
  tooOld: { count: number; oldest: string } | null;
  domains: DomainResult[];
  /** Rows with something new, which were stored as entries. */
  news: number;
  /** Rows about pending mails without a submission, a state or a time. They make the run partial. */
  unreadable: number;
  /** swg_uid of each lost reply that this run found. */
  lostReplies: string[];
  /** Whether the log of received mails was read, or why not. */
  inbound: 'checked' | 'not needed' | 'postponed' | 'failed' | 'skipped';
  /** Why it could not be read. */
  inboundCode?: ErrorCode;
};

export type ReconciliationMemory = {
  /** Replies received before are not looked for: an earlier run did, or this inbox did not exist yet. */
  repliesSince: string;
  /** When they were last looked for. */
  repliesLookedForAt: string | null;
  /** swg_uid of each lost reply that was reported, and when. */
  toldReplies: Readonly<Record<string, string>>;
  /** The slot of the schedule that was run or skipped last. */
  lastSlot: string | null;
  /** The last request of an administrator in Odoo for which a run was made. */
  servedRequest: string | null;
  /** The schedule makes no run before this time. */
  notBefore: string | null;
  /** Key of the activity in Odoo about an unusable API key; null while none is open. */
  apiKeyAlert: string | null;
  /** Newest first. */
  runs: ReconciliationRun[];
};

const name = 'reconciliation';
const mostRuns = 20;

/** What all replicas remember between runs; empty when nothing is stored or it cannot be read. */
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
    // Stored by another release, or damaged: starting again costs one run.
    return fresh;
  }
}

/** Stores the memory with the last runs. Only the holder of the reconciliation's lease may call it. */
export async function keepReconciliations(
  inbox: Pick<Inbox, 'saveSnapshot'>,
  memory: ReconciliationMemory,
  now: Date,
): Promise<void> {
  const kept = { ...memory, runs: memory.runs.slice(0, mostRuns) };
  await inbox.saveSnapshot(name, Buffer.from(JSON.stringify(kept)), now);
}

/** The codes of the errors that left a part of Sweego's log unread, each once. */
export function codesOf({ domains, inboundCode }: ReconciliationRun): ErrorCode[] {
  const codes = domains.flatMap(({ code }) => code ?? []);
  return [...new Set(inboundCode === undefined ? codes : [...codes, inboundCode])];
}

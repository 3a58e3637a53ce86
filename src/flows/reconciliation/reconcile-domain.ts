import { BridgeError } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';
import type { Inbox, NewRequest } from '../../inbox/inbox.ts';
import { normalizeMessageId } from '../../mail/message-id.ts';
import { eventKey } from '../../rules/delivery/event-key.ts';
import { readEventMeaning } from '../../rules/delivery/event-meaning.ts';
import type { ReadLog } from '../../sweego/log-pages.ts';
import { findRowMessageId, readLogRow } from '../../sweego/log-row.ts';
import type { LogRow } from '../../sweego/log-row.ts';
import type { OutboundEvent } from '../../sweego/outbound-event.ts';
import type { DomainResult } from './reconciliation-runs.ts';

/** Stands for all domains. */
export const everyDomain = '*';

/** The keys of the events that Odoo knows of each pending message, by Message-Id. */
export type KnownEvents = ReadonlyMap<string, Set<string>>;

type DomainDeps = {
  inbox: Pick<Inbox, 'put' | 'list' | 'replay'>;
  readLog: ReadLog;
  known: KnownEvents;
  now: () => Date;
};

export type DomainRead = DomainResult & {
  news: number;
  unreadable: number;
  /** Every further call would fail in the same way. */
  endsRun?: boolean;
  /** How long Sweego asks us to wait. */
  retryAfterMs?: number;
};

/** A row with something new about one of our messages, as the request that is stored for it. */
type News = {
  messageId: string;
  request: NewRequest;
  /** Whether Odoo knows no event of the submission. */
  isUnheardOf: boolean;
};

/**
 * Reads the log of one From domain, and stores each row with something new about one of our messages as an entry, which
 * is handled like a webhook. Rows of other users of the account are ignored.
 *
 * An entry's key is made of the submission, its state, the time of the state and the newest event, so the same row of
 * two runs is one entry.
 *
 * @throws BridgeError INBOX_*; errors of Sweego are part of the result
 */
export async function reconcileDomain(
  { inbox, readLog, known, now }: DomainDeps,
  domain: string,
  from: Date,
): Promise<DomainRead> {
  const read: DomainRead = { domain, result: 'read', rows: 0, news: 0, unreadable: 0 };
  try {
    for await (const { rows, isRefused } of readLog({
      channel: 'email',
      ...(domain === everyDomain ? {} : { domain }),
      from,
    })) {
      if (isRefused) return { ...read, result: 'none' };
      const found: News[] = [];
      for (const value of rows) {
        const row = readLogRow(value);
        const news = row === undefined ? undefined : newsOf(row, known);
        if (row === undefined) read.unreadable += isAwaited(value, known) ? 1 : 0;
        else if (news !== undefined) found.push({ ...news, request: requestOf(value, row, now()) });
      }
      read.rows += rows.length;
      read.news += await store(inbox, found, now());
    }
    // An unreadable row may contain something new: a changed format must not look like "nothing new".
    if (read.unreadable > 0) return { ...read, result: 'failed', code: 'SWEEGO_ROW_UNREADABLE' };
    return read;
  } catch (error) {
    return { ...read, result: 'failed', ...faultOf(error) };
  }
}

/** Whether an unreadable row is about a pending message. */
function isAwaited(row: unknown, known: KnownEvents): boolean {
  const messageId = normalizeMessageId(findRowMessageId(row) ?? '');
  return messageId !== undefined && known.has(messageId);
}

/**
 * What a failed call of Sweego's log means for the run. A timeout, or a key without the right for this domain (403),
 * does not affect the other domains.
 *
 * @throws the error itself when Sweego did not cause it
 */
export function faultOf(error: unknown): { code: ErrorCode; endsRun: boolean; retryAfterMs?: number } {
  if (!(error instanceof BridgeError) || error.scope === 'bridge' || error.code.startsWith('ODOO_')) {
    throw error;
  }
  const { code, details } = error;
  const { retryAfterSeconds } = details;
  const endsRun =
    code === 'SWEEGO_API_KEY_MISSING' ||
    code === 'SWEEGO_TOO_MANY_REQUESTS' ||
    (code === 'SWEEGO_API_KEY_REFUSED' && details['status'] === 401) ||
    (code === 'SWEEGO_UNREACHABLE' && details['failure'] !== 'timeout');
  const pause = typeof retryAfterSeconds === 'number' ? { retryAfterMs: retryAfterSeconds * 1000 } : {};
  return { code, endsRun, ...pause };
}

/**
 * Finds our message when a row has something new about it. The events then count as known, because rows repeat
 * between pages.
 */
function newsOf(row: LogRow, known: KnownEvents): Omit<News, 'request'> | undefined {
  const messageId = row.messageIdHeader === undefined ? undefined : normalizeMessageId(row.messageIdHeader);
  const events = messageId === undefined ? undefined : known.get(messageId);
  if (messageId === undefined || events === undefined) return undefined;
  const isUnheardOf = ![...events].some((key) => key.startsWith(`${row.swgUid} `));
  const fresh = row
    .readEvents()
    .map(keyOf)
    .filter((key) => !events.has(key));
  for (const key of fresh) events.add(key);
  return fresh.length > 0 ? { messageId, isUnheardOf } : undefined;
}

function keyOf(event: OutboundEvent): string {
  const meaning = readEventMeaning(event);
  const permanence = meaning.kind === 'message' ? meaning.event.permanence : null;
  return eventKey({ swg_uid: event.swgUid ?? null, type: event.type, permanence });
}

/**
 * Stores rows that the inbox does not have yet. Existing entries, also waiting or parked ones, stay as they are. But an
 * entry that was applied and is missing in Odoo, as after a restored backup, is applied again.
 *
 * @returns how many entries will be applied because of this
 */
async function store(inbox: DomainDeps['inbox'], found: readonly News[], now: Date): Promise<number> {
  const messageIds = [...new Set(found.map(({ messageId }) => messageId))];
  const stored = await Promise.all(
    messageIds.map((messageId) =>
      inbox.list({ kinds: ['log'], terms: [`message-id:${messageId}`], limit: 1_000 }),
    ),
  );
  const byKey = new Map(stored.flat().map((entry) => [entry.requestKey, entry]));
  const forgotten = found.flatMap(({ request, isUnheardOf }) => {
    const entry = byKey.get(request.requestKey);
    // Superseded: a webhook brought the same event first, and Odoo has lost that one too.
    const wasApplied = entry?.outcome === 'applied' || (entry?.outcome === 'superseded' && isUnheardOf);
    return entry?.state === 'settled' && wasApplied ? [entry] : [];
  });
  if (forgotten.length > 0) {
    await inbox.replay(
      forgotten.map(({ id }) => id),
      now,
    );
  }
  const fresh = found.filter(({ request }) => !byKey.has(request.requestKey));
  // All at once, so that they share commits. A page holds few enough rows for memory.
  await Promise.all(fresh.map(({ request }) => inbox.put(request)));
  return fresh.length + forgotten.length;
}

function requestOf(value: unknown, row: LogRow, receivedAt: Date): NewRequest {
  return {
    kind: 'log',
    // The id of the newest event differs when its content differs.
    requestKey: JSON.stringify([
      row.swgUid,
      row.status,
      row.lastUpdate,
      row.readEvents().at(-1)?.eventId ?? '',
    ]),
    body: Buffer.from(JSON.stringify(value)),
    receivedAt,
    secretId: 'log',
  };
}

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

/** Stands for whatever domain. */
export const everyDomain = '*';

/** What each message that waits knows of itself: the keys of its events, by Message-Id. */
export type KnownEvents = ReadonlyMap<string, Set<string>>;

export type DomainDeps = {
  inbox: Pick<Inbox, 'put' | 'list' | 'replay'>;
  readLog: ReadLog;
  known: KnownEvents;
  now: () => Date;
};

export type DomainRead = DomainResult & {
  news: number;
  unreadable: number;
  /** Every other call would fail in the same way. */
  endsRun?: boolean;
  /** How long Sweego wants to be left alone. */
  retryAfterMs?: number;
};

/** A row that tells something new of one of our own messages, as the request that it becomes. */
type News = {
  messageId: string;
  request: NewRequest;
  /** Whether Odoo knows nothing at all of the submission. */
  isUnheardOf: boolean;
};

/**
 * Reads the log of one From domain and stores each row about one of our own messages that tells something new,
 * as an entry that goes the way of webhooks. Rows of others, who may share the account, are passed over.
 *
 * An entry's key is the submission with its state, the time of that, and what it tells: the same row of two runs is one entry.
 *
 * @throws BridgeError INBOX_*; what Sweego answers is told in the result
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
    // What such a row may tell is missing: a changed format must not pass for "no news".
    if (read.unreadable > 0) return { ...read, result: 'failed', code: 'SWEEGO_ROW_UNREADABLE' };
    return read;
  } catch (error) {
    return { ...read, result: 'failed', ...faultOf(error) };
  }
}

/** Whether a row that cannot be read is about a message that waits. */
function isAwaited(row: unknown, known: KnownEvents): boolean {
  const messageId = normalizeMessageId(findRowMessageId(row) ?? '');
  return messageId !== undefined && known.has(messageId);
}

/**
 * What a call of Sweego's log that failed means for the run. A domain that takes too long, or that the key is not
 * for (403), says nothing about the others.
 *
 * @throws what is no fault of Sweego's
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
 * The Message-Id of ours that a row tells something new of. From then on it is known: rows repeat between pages.
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
 * Stores what the inbox does not have yet. What it has may wait or be parked, and is left as it is; but when it was
 * brought to Odoo and Odoo does not have it any more, as after a restored backup, it is brought there again.
 *
 * @returns how many are on their way to Odoo by this
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
    // A webhook may have told it first: then Odoo has forgotten that one too.
    const wasTold = entry?.outcome === 'applied' || (entry?.outcome === 'superseded' && isUnheardOf);
    return entry?.state === 'settled' && wasTold ? [entry] : [];
  });
  if (forgotten.length > 0) {
    await inbox.replay(
      forgotten.map(({ id }) => id),
      now,
    );
  }
  const fresh = found.filter(({ request }) => !byKey.has(request.requestKey));
  // At once, so that they share commits; a page at a time, so that memory stays bounded.
  await Promise.all(fresh.map(({ request }) => inbox.put(request)));
  return fresh.length + forgotten.length;
}

function requestOf(value: unknown, row: LogRow, receivedAt: Date): NewRequest {
  return {
    kind: 'log',
    // The events' ids differ when what they tell does.
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

import { BridgeError } from '../errors.ts';
import type { Inbox, NewRequest } from '../inbox/inbox.ts';
import { readEventMeaning } from '../rules/event-meaning.ts';
import { normalizeMessageId } from '../rules/message-id.ts';
import { eventKey } from '../rules/reconciliation.ts';
import type { LogPage, LogQuery } from '../sweego/log-pages.ts';
import { findRowMessageId, readLogRow, type LogRow } from '../sweego/log-row.ts';
import type { OutboundEvent } from '../sweego/outbound-event.ts';
import type { DomainResult } from './reconciliation-runs.ts';

/** What each message that waits knows of itself: the keys of its events, by Message-Id. */
export type KnownEvents = ReadonlyMap<string, Set<string>>;

export type ReadLog = (query: LogQuery) => AsyncIterable<LogPage>;

export type DomainDeps = {
  inbox: Pick<Inbox, 'put' | 'list'>;
  readLog: ReadLog;
  known: KnownEvents;
  now: () => Date;
};

export type DomainRead = DomainResult & {
  news: number;
  unreadable: number;
  /** How long Sweego wants to be left alone. */
  retryAfterMs?: number;
};

/** A row that tells something new of one of our own messages, as the request that it becomes. */
type News = { messageId: string; request: NewRequest };

/**
 * Reads the log of one From domain and stores each row about one of our own messages that tells something new,
 * as an entry that goes the way of webhooks. Rows of others, who may share the account, are passed over.
 *
 * An entry's key is the submission with its state and the time of that: the same row of two runs is one entry.
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
    for await (const { rows, isRefused } of readLog({ channel: 'email', domain, from })) {
      if (isRefused) return { ...read, result: 'none' };
      const found: News[] = [];
      for (const value of rows) {
        const row = readLogRow(value);
        const messageId = row === undefined ? undefined : newsOf(row, known);
        if (row === undefined) read.unreadable += isAwaited(value, known) ? 1 : 0;
        else if (messageId !== undefined) found.push({ messageId, request: requestOf(value, row, now()) });
      }
      read.rows += rows.length;
      const news = await withoutStored(inbox, found);
      // At once, so that they share commits; a page at a time, so that memory stays bounded.
      await Promise.all(news.map(({ request }) => inbox.put(request)));
      read.news += news.length;
    }
    // What such a row may tell is missing: a changed format must not pass for "no news".
    if (read.unreadable > 0) return { ...read, result: 'failed', code: 'SWEEGO_ROW_UNREADABLE' };
    return read;
  } catch (error) {
    if (!(error instanceof BridgeError) || error.scope === 'bridge') throw error;
    const { retryAfterSeconds } = error.details;
    const pause = typeof retryAfterSeconds === 'number' ? { retryAfterMs: retryAfterSeconds * 1000 } : {};
    return { ...read, result: 'failed', code: error.code, ...pause };
  }
}

/** Whether a row that cannot be read is about a message that waits. */
function isAwaited(row: unknown, known: KnownEvents): boolean {
  const messageId = normalizeMessageId(findRowMessageId(row) ?? '');
  return messageId !== undefined && known.has(messageId);
}

/**
 * The Message-Id of ours that a row tells something new of. From then on it is known: rows repeat between pages.
 */
function newsOf(row: LogRow, known: KnownEvents): string | undefined {
  const [{ messageIdHeader } = {}] = row.events;
  const messageId = messageIdHeader === undefined ? undefined : normalizeMessageId(messageIdHeader);
  if (messageId === undefined) return undefined;
  const events = known.get(messageId);
  const fresh = row.events.map(keyOf).filter((key) => events !== undefined && !events.has(key));
  for (const key of fresh) events?.add(key);
  return fresh.length > 0 ? messageId : undefined;
}

function keyOf(event: OutboundEvent): string {
  const meaning = readEventMeaning(event);
  const permanence = meaning.kind === 'message' ? meaning.event.permanence : null;
  return eventKey({ swg_uid: event.swgUid ?? null, type: event.type, permanence });
}

/** Without what an earlier run stored: it may be parked, or wait for Odoo. */
async function withoutStored(inbox: DomainDeps['inbox'], found: readonly News[]): Promise<News[]> {
  const messageIds = [...new Set(found.map(({ messageId }) => messageId))];
  const stored = await Promise.all(
    messageIds.map((messageId) =>
      inbox.list({ directions: ['log'], terms: [`message-id:${messageId}`], limit: 1_000 }),
    ),
  );
  const keys = new Set(stored.flat().map(({ webhookId }) => webhookId));
  return found.filter(({ request }) => !keys.has(request.webhookId));
}

function requestOf(value: unknown, row: LogRow, receivedAt: Date): NewRequest {
  return {
    direction: 'log',
    webhookId: JSON.stringify([row.swgUid, row.status, row.lastUpdate]),
    body: Buffer.from(JSON.stringify(value)),
    receivedAt,
    secretId: 'log',
  };
}

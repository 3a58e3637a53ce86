import { BridgeError } from '../errors.ts';
import type { Inbox, NewRequest } from '../inbox/inbox.ts';
import { normalizeMessageId } from '../rules/message-id.ts';
import { eventKey } from '../rules/reconciliation.ts';
import type { LogPage, LogQuery } from '../sweego/log-pages.ts';
import { readLogRow, type LogRow } from '../sweego/log-row.ts';
import type { DomainResult } from './reconciliation-runs.ts';

/** What each message that waits knows of itself: the keys of its events, by Message-Id. */
export type KnownEvents = ReadonlyMap<string, Set<string>>;

export type ReadLog = (query: LogQuery) => AsyncIterable<LogPage>;

export type DomainDeps = {
  inbox: Pick<Inbox, 'put'>;
  readLog: ReadLog;
  known: KnownEvents;
  now: () => Date;
};

export type DomainRead = DomainResult & { news: number; unreadable: number };

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
  days: { from: Date; to: Date },
): Promise<DomainRead> {
  const read: DomainRead = { domain, result: 'read', rows: 0, news: 0, unreadable: 0 };
  try {
    for await (const { rows, isRefused } of readLog({ channel: 'email', domain, ...days })) {
      if (isRefused) return { ...read, result: 'none' };
      const news: NewRequest[] = [];
      for (const value of rows) {
        const row = readLogRow(value);
        if (row === undefined) read.unreadable += 1;
        else if (tellsNews(row, known)) news.push(entryOf(value, row, now()));
      }
      read.rows += rows.length;
      // At once, so that they share commits; a page at a time, so that memory stays bounded.
      await Promise.all(news.map((request) => inbox.put(request)));
      read.news += news.length;
    }
    return read;
  } catch (error) {
    if (!(error instanceof BridgeError) || error.scope === 'bridge') throw error;
    return { ...read, result: 'failed', code: error.code };
  }
}

/** From then on it is known: rows repeat between pages. */
function tellsNews(row: LogRow, known: KnownEvents): boolean {
  const messageId = row.messageIdHeader === undefined ? undefined : normalizeMessageId(row.messageIdHeader);
  const events = messageId === undefined ? undefined : known.get(messageId);
  if (events === undefined) return false;
  const fresh = row
    .readEvents()
    .map(({ swgUid, type }) => eventKey(swgUid, type))
    .filter((key) => !events.has(key));
  for (const key of fresh) events.add(key);
  return fresh.length > 0;
}

function entryOf(value: unknown, row: LogRow, receivedAt: Date): NewRequest {
  return {
    direction: 'log',
    webhookId: JSON.stringify([row.swgUid, row.status, row.lastUpdate]),
    body: Buffer.from(JSON.stringify(value)),
    receivedAt,
    secretId: 'log',
  };
}

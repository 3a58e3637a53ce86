import Database from 'libsql';
import { schema } from '../../../src/inbox/sqlite/schema.ts';
import { describeBody } from '../../../src/sweego/describe-body.ts';
import { isUnreadable } from '../mails/mixed-events.ts';
import type { Webhook } from '../mails/mixed-events.ts';

/** How many of the requests have become entries: a third claimed, a third waiting, a third due. */
const admitted = 30;

/**
 * Writes the file that a bridge of schema version 1 leaves when it is killed after it stored these webhooks, made
 * entries of some, and claimed a batch.
 */
export function writeFirstVersion(path: string, webhooks: readonly Webhook[]): void {
  const file = new Database(path);
  file.exec('PRAGMA journal_mode = WAL');
  file.exec('CREATE TABLE migration (version INTEGER PRIMARY KEY); INSERT INTO migration VALUES (1)');
  file.exec(schema[0]?.sql ?? '');
  const insertRequest = file.prepare(
    `INSERT INTO request (direction, webhook_id, secret_id, received_at, body)
     VALUES ('outbound', ?, 'server:1:outbound', ?, ?)`,
  );
  const insertEntry = file.prepare(
    `INSERT INTO entry (id, request_id, direction, state, due_at, waits) VALUES (?, ?, 'outbound', ?, ?, ?)`,
  );
  const insertKey = file.prepare('INSERT INTO seen_key VALUES (?, ?)');
  const insertTransition = file.prepare(
    'INSERT INTO transition (entry_id, at, state, reason) VALUES (?, ?, ?, ?)',
  );
  const now = Date.now();
  const singles = distinctSingles(webhooks).slice(0, admitted);
  const others = webhooks.filter((webhook) => !singles.includes(webhook));
  file.transaction(() => {
    for (const { id, body } of [...singles, ...others]) insertRequest.run(id, now, Buffer.from(body));
    for (const [index, webhook] of singles.entries()) {
      const id = index + 1;
      const state = (['claimed', 'waiting', 'received'] as const)[index % 3] ?? 'received';
      insertEntry.run(id, id, state, state === 'claimed' ? null : now, state === 'waiting' ? 1 : 0);
      for (const key of keysOf(webhook)) insertKey.run(key, id);
      insertTransition.run(id, now, 'received', 'stored');
      if (state !== 'received') insertTransition.run(id, now, state, state);
    }
    file.prepare('UPDATE admission SET last_request_id = ?').run(singles.length);
  })();
  file.close();
}

/** One webhook for each event that has a webhook of its own and is not in the list as well. */
function distinctSingles(webhooks: readonly Webhook[]): Webhook[] {
  const seen = new Set(webhooks.flatMap(({ eventNames }) => (eventNames.length > 1 ? eventNames : [])));
  return webhooks.filter((webhook) => {
    const [name = ''] = webhook.eventNames;
    if (webhook.eventNames.length > 1 || isUnreadable(webhook) || seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}

function keysOf({ id, body }: Webhook): readonly string[] {
  const described = describeBody({ kind: 'outbound', requestKey: id, body: Buffer.from(body) });
  return described.kind === 'elements' ? (described.elements[0]?.keys ?? []) : [];
}

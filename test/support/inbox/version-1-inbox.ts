import { migrate } from '../../../src/inbox/sqlite/open.ts';
import { schema } from '../../../src/inbox/sqlite/schema.ts';
import { openSession } from '../../../src/inbox/sqlite/session.ts';
import type { Session } from '../../../src/inbox/sqlite/session.ts';
import { after, bytesOfText } from './inbox-requests.ts';

/** What the first version of the schema could hold: an entry in every state, an array, a duplicate. */
export const version1Entries = [
  { id: 1, state: 'settled', reason: 'applied' },
  { id: 2, state: 'settled', reason: 'duplicate of 1' },
  { id: 3, state: 'parked', reason: 'EVENT_UNMATCHED: for a human' },
  { id: 4, state: 'waiting', reason: 'ODOO_TIMEOUT: slow' },
  { id: 5, state: 'claimed', reason: 'claimed' },
  { id: 6, state: 'received', reason: 'split(2)' },
  { id: 7, state: 'received', reason: 'received' },
] as const;

/**
 * Makes a file as the release with schema version 1 left it: by the steps of that version, filled as that
 * release filled it. Request n arrived at `after(n)`; the last one had not been looked at.
 */
export async function createVersion1Inbox(path: string): Promise<void> {
  const session = openSession(path);
  session.first('PRAGMA journal_mode = WAL', []);
  await migrate(session, schema.slice(0, 1));
  for (let id = 1; id <= 7; id += 1) addRequest(session, id);
  session.run('UPDATE admission SET last_request_id = 6', []);
  const due = { 4: after(600), 6: after(5), 7: after(6) } as Readonly<Record<number, Date>>;
  for (const { id, state } of version1Entries) {
    const requestId = id < 6 ? id : id - 1;
    const [position, splitCount] = id === 5 ? [0, 2] : id === 6 ? [1, 2] : [null, null];
    session.run(
      `INSERT INTO entry (request_id, position, split_count, direction, state, due_at, attempts, waits)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        requestId,
        position,
        splitCount,
        'outbound',
        state,
        due[id]?.getTime() ?? null,
        id === 4 ? 2 : 0,
        id === 4 ? 1 : 0,
      ],
    );
    if (splitCount !== null) {
      const element = bytesOfText(`{"element":${position}}`);
      session.run('INSERT INTO element (entry_id, body) VALUES (?, ?)', [id, element]);
    }
  }
  session.run("INSERT INTO seen_key (key, entry_id) VALUES ('event:1', 1), ('event:3', 3)", []);
  const transitions = [
    [1, 'claimed', 'claimed', 50],
    [1, 'settled', 'applied', 60],
    [2, 'settled', 'duplicate of 1', 50],
    [3, 'claimed', 'claimed', 50],
    [3, 'parked', 'EVENT_UNMATCHED: for a human', 60],
    [4, 'claimed', 'claimed', 50],
    [4, 'waiting', 'ODOO_TIMEOUT: slow', 60],
    [5, 'claimed', 'claimed', 50],
  ] as const;
  for (const [id, state, reason, seconds] of transitions) {
    session.run('INSERT INTO transition (entry_id, state, reason, at) VALUES (?, ?, ?, ?)', [
      id,
      state,
      reason,
      after(seconds).getTime(),
    ]);
  }
  session.run("INSERT INTO lease (name, holder, expires_at) VALUES ('worker', 'old', 4102444800000)", []);
  session.close();
}

function addRequest(session: Session, id: number): void {
  const body = id === 5 ? '[{"element":0},{"element":1}]' : `{"keys":["event:${id}"]}`;
  session.run(
    'INSERT INTO request (direction, webhook_id, secret_id, received_at, body) VALUES (?, ?, ?, ?, ?)',
    [
      'outbound',
      `webhook-${id}`,
      id === 1 ? 'server:1:outbound' : 'environment:1',
      after(id).getTime(),
      bytesOfText(body),
    ],
  );
}

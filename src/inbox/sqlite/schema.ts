import type { Migration } from '../migration.ts';

/** The text of a reason before its first colon. */
const firstWord = "substr(reason, 1, instr(reason || ':', ':') - 1)";

/**
 * The tables of the SQLite engine. Instants are integer milliseconds since 1970.
 *
 * - `request` is only ever appended to and therefore has no second index. AUTOINCREMENT, because `admission` is a
 *   position in it: an id that was used again after old rows were deleted would be skipped.
 * - `direction` holds the kind, and `webhook_id` the request key. The columns keep these names, so that a replica of an
 *   older release can go on storing requests while the others are upgraded.
 * - `entry` rows stay small, because SQLite rewrites a row whole: the body of an array element lives in `element`, the
 *   body of a whole request in `request`. Only an entry that becomes due has `due_at`.
 * - `outcome` and `code` are the entry's own; a `transition` repeats the state, outcome and code that the entry then
 *   had. `target` is the document of the last replay, in a transition that of this replay.
 * - `entry_due` serves the claim, one kind at a time, oldest first without sorting; `entry_state` serves lists and the
 *   oldest open entry; `entry_settled` serves retention.
 * - `entry_count` is kept by triggers, so that counting costs nothing with a million entries. Requests need no such
 *   count: see `status`.
 * - `term` holds hashes. A `file` without `sha256` is still being stored, or its process crashed.
 *
 * Step 3 reads outcome, code and target for the last time from the texts in which earlier releases stored them.
 */
export const schema: readonly Migration[] = [
  {
    version: 1,
    sql: `
      CREATE TABLE request (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        direction TEXT NOT NULL,
        webhook_id TEXT NOT NULL,
        secret_id TEXT NOT NULL,
        received_at INTEGER NOT NULL,
        body BLOB NOT NULL
      );
      CREATE TABLE admission (last_request_id INTEGER NOT NULL);
      INSERT INTO admission VALUES (0);
      CREATE TABLE entry (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        request_id INTEGER NOT NULL,
        position INTEGER,
        split_count INTEGER,
        direction TEXT NOT NULL,
        state TEXT NOT NULL,
        due_at INTEGER,
        attempts INTEGER NOT NULL DEFAULT 0,
        waits INTEGER NOT NULL DEFAULT 0,
        CHECK (state IN ('received', 'claimed', 'waiting', 'settled', 'parked')),
        CHECK ((due_at IS NOT NULL) = (state IN ('received', 'waiting')))
      );
      CREATE INDEX entry_due ON entry (direction, due_at) WHERE due_at IS NOT NULL;
      CREATE INDEX entry_state ON entry (state, direction);
      CREATE TABLE element (entry_id INTEGER PRIMARY KEY, body BLOB NOT NULL);
      CREATE TABLE seen_key (key TEXT PRIMARY KEY, entry_id INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE transition (
        id INTEGER PRIMARY KEY,
        entry_id INTEGER NOT NULL,
        at INTEGER NOT NULL,
        state TEXT NOT NULL,
        reason TEXT NOT NULL
      );
      CREATE INDEX transition_entry ON transition (entry_id);
      CREATE TABLE lease (
        name TEXT PRIMARY KEY,
        holder TEXT NOT NULL,
        expires_at INTEGER NOT NULL
      ) WITHOUT ROWID;
    `,
  },
  {
    version: 2,
    sql: `
      ALTER TABLE entry ADD COLUMN received_at INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE entry ADD COLUMN settled_at INTEGER;
      ALTER TABLE entry ADD COLUMN claimed_by TEXT;
      ALTER TABLE entry ADD COLUMN releases INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE entry ADD COLUMN is_erased INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE entry ADD COLUMN instruction TEXT;
      UPDATE entry SET received_at = request.received_at FROM request WHERE request.id = request_id;
      UPDATE entry SET settled_at = coalesce(
        (SELECT at FROM transition WHERE entry_id = entry.id ORDER BY transition.id DESC LIMIT 1),
        received_at
      ) WHERE state = 'settled';
      CREATE INDEX entry_settled ON entry (is_erased, settled_at) WHERE settled_at IS NOT NULL;
      CREATE INDEX entry_request ON entry (request_id);
      DROP INDEX entry_state;
      CREATE INDEX entry_state ON entry (state, direction, received_at);
      CREATE INDEX seen_key_entry ON seen_key (entry_id);
      CREATE TABLE entry_count (state TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
      INSERT INTO entry_count
        SELECT value, (SELECT count(*) FROM entry WHERE state = value)
        FROM json_each('["received","claimed","waiting","settled","parked"]');
      CREATE TRIGGER entry_added AFTER INSERT ON entry
        BEGIN UPDATE entry_count SET count = count + 1 WHERE state = new.state; END;
      CREATE TRIGGER entry_changed AFTER UPDATE OF state ON entry WHEN old.state <> new.state
        BEGIN UPDATE entry_count SET count = count + iif(state = new.state, 1, -1)
        WHERE state IN (old.state, new.state); END;
      CREATE TRIGGER entry_deleted AFTER DELETE ON entry
        BEGIN UPDATE entry_count SET count = count - 1 WHERE state = old.state; END;
      CREATE TABLE secret_use (
        secret_id TEXT NOT NULL,
        direction TEXT NOT NULL,
        last_used_at INTEGER NOT NULL,
        requests INTEGER NOT NULL,
        PRIMARY KEY (secret_id, direction)
      ) WITHOUT ROWID;
      INSERT INTO secret_use
        SELECT secret_id, direction, max(received_at), count(*) FROM request
        WHERE id <= (SELECT last_request_id FROM admission) GROUP BY secret_id, direction;
      CREATE TABLE term (
        term TEXT NOT NULL,
        entry_id INTEGER NOT NULL,
        PRIMARY KEY (term, entry_id)
      ) WITHOUT ROWID;
      CREATE INDEX term_entry ON term (entry_id);
      CREATE TABLE file (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        entry_id INTEGER NOT NULL,
        name TEXT NOT NULL,
        place INTEGER,
        size_bytes INTEGER,
        sha256 TEXT
      );
      CREATE INDEX file_entry ON file (entry_id, name);
      CREATE TABLE file_chunk (
        file_id INTEGER NOT NULL,
        position INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        PRIMARY KEY (file_id, position)
      );
      CREATE TABLE snapshot (name TEXT PRIMARY KEY, saved_at INTEGER NOT NULL, bytes BLOB NOT NULL);
      DROP TABLE lease;
      CREATE TABLE lease (name TEXT PRIMARY KEY, holder TEXT, beat INTEGER NOT NULL) WITHOUT ROWID;
    `,
  },
  {
    version: 3,
    sql: `
      ALTER TABLE entry ADD COLUMN outcome TEXT;
      ALTER TABLE entry ADD COLUMN code TEXT;
      ALTER TABLE entry ADD COLUMN is_replayed INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE entry RENAME COLUMN instruction TO target;
      ALTER TABLE transition ADD COLUMN outcome TEXT;
      ALTER TABLE transition ADD COLUMN code TEXT;
      ALTER TABLE transition ADD COLUMN target TEXT;
      UPDATE transition SET outcome = CASE
          WHEN reason IN ('applied', 'duplicate', 'superseded') THEN reason
          WHEN reason GLOB 'duplicate of [0-9]*' THEN 'duplicate'
          WHEN ${firstWord} IN ('injected', 'ignored', 'discarded') THEN ${firstWord}
        END
        WHERE state = 'settled' AND reason <> 'erased';
      UPDATE transition SET code = ${firstWord}
        WHERE state IN ('parked', 'waiting') AND reason GLOB '[A-Z]*' AND ${firstWord} NOT GLOB '*[^A-Z0-9_]*';
      UPDATE transition SET code = 'INBOX_CRASHES_WORKER', reason = replace(reason, code, 'INBOX_CRASHES_WORKER')
        WHERE code = 'INBOX_ENDS_WORKER';
      UPDATE transition SET code = 'SWEEGO_NOT_FOUND', reason = replace(reason, code, 'SWEEGO_NOT_FOUND')
        WHERE code = 'SWEEGO_NOT_THERE';
      UPDATE transition SET target = substr(reason, length('replayed to ') + 1)
        WHERE state = 'received' AND reason GLOB 'replayed to *';
      UPDATE entry SET is_replayed = 1,
          target = iif(target GLOB 'replayed to *', substr(target, length('replayed to ') + 1), NULL)
        WHERE target IS NOT NULL;
      UPDATE entry SET (outcome, code) = (
          SELECT last.outcome, last.code FROM transition AS last
          WHERE last.entry_id = entry.id AND last.reason <> 'erased' ORDER BY last.id DESC LIMIT 1
        )
        WHERE state IN ('settled', 'parked', 'waiting');
      UPDATE transition SET outcome = (SELECT entry.outcome FROM entry WHERE entry.id = entry_id)
        WHERE state = 'settled' AND reason = 'erased';
    `,
  },
];

import type { Migration } from './migrations.ts';

/**
 * The tables of the SQLite engine. Instants are integer milliseconds since 1970.
 *
 * - `request` is only ever appended to by intake and therefore has no second index. AUTOINCREMENT, because
 *   `admission` is a position in it: an id that is used again after old rows were deleted would be skipped.
 * - `entry` rows stay small, since SQLite rewrites a row whole: the body of an array element lives in
 *   `element`, that of a whole request in `request`. An entry is due at `due_at`, and only then has one.
 * - `entry_due` serves the claim, one direction at a time, oldest first without sorting; `entry_state`
 *   serves counts and lists.
 */
export const sqliteSchema: readonly Migration[] = [
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
];

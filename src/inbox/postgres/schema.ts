import type { Migration } from '../migration.ts';

/** Rows of `unadmitted_count`. The last one is admission's; every opened inbox adds to one of the others. */
export const countSlots = 64;

/**
 * The tables of the PostgreSQL engine, in the schema `sweego_bridge`. Instants are milliseconds since 1970.
 *
 * - `request` is only ever appended to by intake. Bodies are not compressed (EXTERNAL): large ones lie apart
 *   from the rows and are read in slices.
 * - `unadmitted` names the requests without entries yet. Ids cannot tell that: they are drawn before the
 *   commit, so a smaller one may appear after a larger one has been admitted.
 * - `entry` rows stay small, since PostgreSQL writes a changed row anew: the body of an array element lives
 *   in `element`, that of a whole request in `request`. An entry is due at `due_at`, and only then has one.
 *   The entries of one array have consecutive ids.
 * - Keys and terms are 128 bits of SHA-256, kept as uuid: 16 bytes, compared without a collation.
 * - Counting a million rows takes PostgreSQL a tenth of a second and more, hence `state_count`, kept by
 *   triggers, and `unadmitted_count`, whose sum counts. That has many rows, so that processes which store at
 *   the same time do not wait for each other's commit.
 */
export const postgresSchema: readonly Migration[] = [
  {
    version: 1,
    sql: `
      CREATE TABLE request (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        direction text COLLATE "C" NOT NULL,
        webhook_id text COLLATE "C" NOT NULL,
        secret_id text COLLATE "C" NOT NULL,
        received_at bigint NOT NULL,
        body bytea
      );
      ALTER TABLE request ALTER COLUMN body SET STORAGE EXTERNAL;

      CREATE TABLE unadmitted (request_id bigint PRIMARY KEY)
        WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
      CREATE TABLE unadmitted_count (slot integer PRIMARY KEY, requests bigint NOT NULL) WITH (fillfactor = 20);
      INSERT INTO unadmitted_count SELECT slot, 0 FROM generate_series(0, ${countSlots - 1}) AS slot;

      CREATE SEQUENCE entry_id;
      CREATE TABLE entry (
        id bigint PRIMARY KEY,
        request_id bigint NOT NULL,
        position integer,
        split_count integer,
        direction text COLLATE "C" NOT NULL,
        received_at bigint NOT NULL,
        state text COLLATE "C" NOT NULL,
        due_at bigint,
        attempts integer NOT NULL DEFAULT 0,
        waits integer NOT NULL DEFAULT 0,
        releases integer NOT NULL DEFAULT 0,
        claimed_by uuid,
        settled_at bigint,
        is_erased boolean NOT NULL DEFAULT false,
        instruction text COLLATE "C",
        CHECK (state IN ('received', 'claimed', 'waiting', 'settled', 'parked')),
        CHECK ((due_at IS NOT NULL) = (state IN ('received', 'waiting'))),
        CHECK ((claimed_by IS NOT NULL) = (state = 'claimed')),
        CHECK ((settled_at IS NOT NULL) = (state = 'settled'))
      ) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
      CREATE INDEX entry_due ON entry (direction, due_at, id) WHERE due_at IS NOT NULL;
      CREATE INDEX entry_state ON entry (state, direction, received_at, id);
      CREATE INDEX entry_settled ON entry (is_erased, settled_at) WHERE settled_at IS NOT NULL;

      CREATE TABLE element (entry_id bigint PRIMARY KEY, body bytea NOT NULL);
      ALTER TABLE element ALTER COLUMN body SET STORAGE EXTERNAL;
      CREATE TABLE seen_key (key uuid PRIMARY KEY, entry_id bigint NOT NULL);
      CREATE INDEX seen_key_entry ON seen_key (entry_id);
      CREATE TABLE term (hash uuid NOT NULL, entry_id bigint NOT NULL, PRIMARY KEY (hash, entry_id));
      CREATE INDEX term_entry ON term (entry_id);
      CREATE TABLE transition (
        entry_id bigint NOT NULL,
        id bigint GENERATED ALWAYS AS IDENTITY,
        at bigint NOT NULL,
        state text COLLATE "C" NOT NULL,
        reason text COLLATE "C" NOT NULL,
        PRIMARY KEY (entry_id, id)
      );

      CREATE TABLE file (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        entry_id bigint NOT NULL,
        name text COLLATE "C" NOT NULL,
        place bigint,
        size_bytes bigint,
        sha256 text COLLATE "C"
      );
      CREATE INDEX file_entry ON file (entry_id, name);
      CREATE TABLE file_chunk (
        file_id bigint NOT NULL,
        position integer NOT NULL,
        bytes bytea NOT NULL,
        PRIMARY KEY (file_id, position)
      );
      ALTER TABLE file_chunk ALTER COLUMN bytes SET STORAGE EXTERNAL;

      CREATE TABLE secret_use (
        secret_id text COLLATE "C" NOT NULL,
        direction text COLLATE "C" NOT NULL,
        last_used_at bigint NOT NULL,
        requests bigint NOT NULL,
        PRIMARY KEY (secret_id, direction)
      );
      CREATE TABLE lease (name text COLLATE "C" PRIMARY KEY, holder text COLLATE "C", beat bigint NOT NULL)
        WITH (fillfactor = 20);
      CREATE TABLE snapshot (name text COLLATE "C" PRIMARY KEY, bytes bytea NOT NULL, saved_at bigint NOT NULL);

      CREATE TABLE state_count (
        received bigint NOT NULL,
        claimed bigint NOT NULL,
        waiting bigint NOT NULL,
        settled bigint NOT NULL,
        parked bigint NOT NULL
      ) WITH (fillfactor = 20);
      INSERT INTO state_count VALUES (0, 0, 0, 0, 0);
      CREATE FUNCTION count_states() RETURNS trigger LANGUAGE plpgsql SET search_path = sweego_bridge AS $$
        BEGIN
          IF TG_OP = 'INSERT' THEN ${addChanges('SELECT state, 1 FROM new_entry')};
          ELSIF TG_OP = 'DELETE' THEN ${addChanges('SELECT state, -1 FROM old_entry')};
          ELSE ${addChanges('SELECT state, 1 FROM new_entry UNION ALL SELECT state, -1 FROM old_entry')};
          END IF;
          RETURN NULL;
        END $$;
      CREATE TRIGGER entry_inserted AFTER INSERT ON entry REFERENCING NEW TABLE AS new_entry
        FOR EACH STATEMENT EXECUTE FUNCTION count_states();
      CREATE TRIGGER entry_updated AFTER UPDATE ON entry
        REFERENCING OLD TABLE AS old_entry NEW TABLE AS new_entry
        FOR EACH STATEMENT EXECUTE FUNCTION count_states();
      CREATE TRIGGER entry_deleted AFTER DELETE ON entry REFERENCING OLD TABLE AS old_entry
        FOR EACH STATEMENT EXECUTE FUNCTION count_states();
    `,
  },
];

/** Adds changes of counts by state. What changes none leaves the row alone, for which all others would wait. */
function addChanges(changes: string): string {
  const states = ['received', 'claimed', 'waiting', 'settled', 'parked'];
  const sums = states.map(
    (state) => `coalesce(sum(change) FILTER (WHERE state = '${state}'), 0) AS ${state}`,
  );
  return `
    UPDATE state_count SET ${states.map((state) => `${state} = state_count.${state} + net.${state}`).join(', ')}
    FROM (SELECT ${sums.join(', ')} FROM (${changes}) AS one (state, change)) AS net
    WHERE ${states.map((state) => `net.${state} <> 0`).join(' OR ')}`;
}

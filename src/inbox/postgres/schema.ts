import type { Migration } from '../migration.ts';
import { countSlots } from './parameters.ts';

/** The code with which a reason of an earlier release begins, alone or before a colon. */
const firstCode = '^([A-Z][A-Z0-9_]*)(?::|$)';

/**
 * The tables of the PostgreSQL engine, in the schema `sweego_bridge`. Instants are milliseconds since 1970.
 *
 * - `request` is only ever appended to. Bodies are not compressed (EXTERNAL): large ones lie apart from the rows and are
 *   read in slices.
 * - `direction` holds the kind, and `webhook_id` the request key. The columns keep these names, so that a replica of an
 *   older release can go on storing requests while the others are upgraded.
 * - `unadmitted` names the requests without entries. Ids do not say it: they are drawn before the commit, so a smaller one
 *   may appear after a larger one has been admitted.
 * - `entry` rows stay small, because PostgreSQL writes a changed row anew: the body of an array element lives in
 *   `element`, the body of a whole request in `request`. Only an entry that becomes due has `due_at`. The entries of one
 *   array have consecutive ids.
 * - `outcome` and `code` are the entry's own; a `transition` repeats the state, outcome and code that the entry then
 *   had. `target` is the document of the last replay, in a transition that of this replay.
 * - Keys and terms are 128 bits of SHA-256, kept as uuid: 16 bytes, compared without a collation.
 * - Counting a million rows takes PostgreSQL a tenth of a second and more. Hence `state_count`, kept by triggers, and
 *   `unadmitted_count`, whose sum is the count. It has many rows, so that processes which store at the same time do not
 *   wait for each other's commit.
 *
 * Step 2 reads outcome, code and target for the last time from the texts in which earlier releases stored them. The
 * trigger that counts states is off meanwhile: no state changes, and it would keep a copy of every row.
 */
export const schema: readonly Migration[] = [
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
  {
    version: 2,
    sql: `
      ALTER TABLE entry ADD COLUMN outcome text COLLATE "C", ADD COLUMN code text COLLATE "C",
        ADD COLUMN is_replayed boolean NOT NULL DEFAULT false;
      ALTER TABLE entry RENAME COLUMN instruction TO target;
      ALTER TABLE transition ADD COLUMN outcome text COLLATE "C", ADD COLUMN code text COLLATE "C",
        ADD COLUMN target text COLLATE "C";
      UPDATE transition SET
          outcome = CASE WHEN state <> 'settled' THEN NULL
            WHEN reason IN ('applied', 'duplicate', 'superseded') THEN reason
            WHEN reason ~ '^duplicate of [0-9]' THEN 'duplicate'
            WHEN split_part(reason, ':', 1) IN ('injected', 'ignored', 'discarded') THEN split_part(reason, ':', 1)
          END,
          code = CASE WHEN state IN ('parked', 'waiting') THEN substring(reason FROM '${firstCode}') END,
          target = CASE WHEN state = 'received' THEN substring(reason FROM '^replayed to (.*)$') END
        WHERE (state = 'settled' AND reason <> 'erased')
          OR (state IN ('parked', 'waiting') AND reason ~ '${firstCode}')
          OR (state = 'received' AND reason LIKE 'replayed to %');
      UPDATE transition SET code = renamed.code, reason = replace(reason, renamed.before, renamed.code)
        FROM (VALUES ('INBOX_ENDS_WORKER', 'INBOX_CRASHES_WORKER'), ('SWEEGO_NOT_THERE', 'SWEEGO_NOT_FOUND'))
          AS renamed (before, code)
        WHERE transition.code = renamed.before;
      ALTER TABLE entry DISABLE TRIGGER entry_updated;
      UPDATE entry SET is_replayed = true, target = substring(target FROM '^replayed to (.*)$')
        WHERE target IS NOT NULL;
      UPDATE entry SET outcome = last.outcome, code = last.code
        FROM (
          SELECT DISTINCT ON (entry_id) entry_id, state, outcome, code FROM transition
          WHERE reason <> 'erased' ORDER BY entry_id, id DESC
        ) AS last
        WHERE last.entry_id = entry.id AND coalesce(last.outcome, last.code) IS NOT NULL;
      ALTER TABLE entry ENABLE TRIGGER entry_updated;
      UPDATE transition SET outcome = entry.outcome FROM entry
        WHERE transition.state = 'settled' AND transition.reason = 'erased' AND entry.id = transition.entry_id;
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

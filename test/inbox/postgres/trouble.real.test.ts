import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Inbox } from '../../../src/inbox/inbox.ts';
import { openInbox } from '../../../src/inbox/open.ts';
import { expectRefusal } from '../../support/expect-refusal.ts';
import { after, describeTestBody, requestOf } from '../../support/inbox/inbox-requests.ts';
import { createPostgresDatabase } from '../../support/inbox/postgres-databases.ts';
import type { PostgresDatabase } from '../../support/inbox/postgres-databases.ts';

let database: PostgresDatabase;
let inbox: Inbox;

beforeEach(async () => {
  database = await createPostgresDatabase();
  inbox = await openInbox(database.url);
});
afterEach(async () => {
  await inbox.close();
  await database.remove();
});

const claim = (from: Inbox, limit = 100) =>
  from.claim({ kinds: ['outbound'], limit, now: after(0), describe: describeTestBody });

/** Ends every connection to the database except its own. */
const cutConnections = () =>
  database.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  );

describe('an inbox in PostgreSQL under difficult conditions', () => {
  it('continues to store and read when its idle connections are cut', async () => {
    await Promise.all([inbox.put(requestOf({})), inbox.status(), inbox.list({})]);
    await cutConnections();
    await inbox.put(requestOf({}));
    await cutConnections();
    expect((await claim(inbox)).length).toBe(2);
  });

  it('reports that the server is read-only, and stores again when the server is writable', async () => {
    const name = new URL(database.url).pathname.slice(1);
    await database.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    await cutConnections();
    await expectRefusal(inbox.put(requestOf({})), {
      code: 'INBOX_WRITE_FAILED',
      retry: 'later',
      scope: 'bridge',
      says: /server is read-only.*primary server/,
      details: { postgres: '25006' },
    });
    await database.query(
      `SET TRANSACTION READ WRITE; ALTER DATABASE ${name} RESET default_transaction_read_only`,
    );
    await cutConnections();
    await inbox.put(requestOf({}));
    expect((await inbox.status()).unclaimed).toBe(1);
  });

  it('makes each commit durable even when the server is set not to wait for its disk', async () => {
    const name = new URL(database.url).pathname.slice(1);
    await database.query(`ALTER DATABASE ${name} SET synchronous_commit = off`);
    await database.query(
      `CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         INSERT INTO public.noted VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;
       CREATE TABLE noted (setting text);
       CREATE TRIGGER note AFTER INSERT ON sweego_bridge.request EXECUTE FUNCTION note()`,
    );
    await cutConnections();
    await inbox.put(requestOf({}));
    expect(await database.query('SELECT setting FROM noted')).toEqual([{ setting: 'on' }]);
  });

  it('accepts characters that PostgreSQL cannot store in a text, so that they do not block later entries', async () => {
    await inbox.put(
      requestOf({ keys: ['nul \u0000 in a key'], terms: ['message-id:\u0000'] }, { requestKey: 'a\u0000b' }),
    );
    await inbox.put(requestOf({ keys: ['sound'] }));
    const ids = (await claim(inbox)).map(({ id }) => id);
    expect(ids).toHaveLength(2);
    await inbox.park(ids, { code: 'EVENT_UNMATCHED', reason: '\u0000' }, after(1));
    expect((await inbox.find(ids[0] ?? 0))?.reason).toBe('EVENT_UNMATCHED: \uFFFD');
  });

  it('hands out a request that is committed after a request with a higher id was handed out', async () => {
    // Another bridge is storing a request: the request has its id, but is not committed yet.
    const other = await openInbox(database.url);
    await database.query(
      `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF NEW.webhook_id = 'slow' THEN PERFORM pg_sleep(1); END IF; RETURN NEW; END $$;
       CREATE TRIGGER slow AFTER INSERT ON sweego_bridge.request FOR EACH ROW EXECUTE FUNCTION slow()`,
    );
    const slow = other.put(requestOf({ keys: ['slow'] }, { requestKey: 'slow' }));
    await expect
      .poll(
        async () =>
          (await database.query('SELECT last_value::integer AS id FROM sweego_bridge.request_id_seq'))[0],
      )
      .toEqual({ id: 1 });
    const quick = await inbox.put(requestOf({ keys: ['quick'] }, { requestKey: 'quick' }));
    expect(quick.requestId).toBeGreaterThan(1);
    expect(await claim(inbox)).toHaveLength(1);
    expect(await slow).toEqual({ requestId: 1 });
    expect(await claim(inbox)).toMatchObject([{ requestId: 1 }]);
    expect((await inbox.status()).unclaimed).toBe(0);
    await other.close();
  });

  it('hands each entry to only one of several bridges that claim at the same time', async () => {
    const others = await Promise.all(Array.from({ length: 3 }, () => openInbox(database.url)));
    const requests = Array.from({ length: 300 }, (_, index) => requestOf({ keys: [`e${index % 250}`] }));
    await Promise.all(requests.map((request) => inbox.put(request)));
    const claimed: number[] = [];
    await Promise.all(
      [inbox, ...others].map(async (each) => {
        for (;;) {
          const entries = await claim(each, 7);
          if (entries.length === 0) return;
          claimed.push(...entries.map(({ id }) => id));
        }
      }),
    );
    expect(claimed).toHaveLength(250);
    expect(new Set(claimed).size).toBe(250);
    expect((await inbox.status()).states).toMatchObject({ claimed: 250, settled: 50 });
    await Promise.all(others.map((each) => each.close()));
  });
});

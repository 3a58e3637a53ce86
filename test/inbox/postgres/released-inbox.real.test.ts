import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openInbox } from '../../../src/inbox/open.ts';
import { createPostgresDatabase, openConnection } from '../../support/inbox/postgres-databases.ts';
import type { PostgresDatabase } from '../../support/inbox/postgres-databases.ts';
import {
  drainReleasedInbox,
  expectReleasedInbox,
  readReleasedInbox,
} from '../../support/inbox/released-inbox.ts';

let database: PostgresDatabase;

beforeEach(async () => {
  database = await createPostgresDatabase();
  await database.query(readReleasedInbox('postgres'));
});
afterEach(() => database.remove());

const versions = async () =>
  (await database.query('SELECT version FROM sweego_bridge.migration ORDER BY version')).map(
    (row) => row['version'],
  );

/** Connections to this database whose statement waits for a lock. */
const waiting = "pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
const isAnybodyWaiting = async () => (await database.query(`SELECT FROM ${waiting}`)).length > 0;

describe('a PostgreSQL inbox of the release that stored only texts', () => {
  it('has the outcome, code and target of every entry and of its history', async () => {
    const inbox = await openInbox(database.url);
    await expectReleasedInbox(inbox);
    await inbox.close();
    expect(await versions()).toEqual([1, 2]);
  });

  it('is processed until no entry is open', async () => {
    const inbox = await openInbox(database.url);
    await drainReleasedInbox(inbox);
    await inbox.close();
  });

  it('is migrated once when several bridges start at the same time', async () => {
    const inboxes = await Promise.all(Array.from({ length: 4 }, () => openInbox(database.url)));
    for (const inbox of inboxes) await expectReleasedInbox(inbox);
    await Promise.all(inboxes.map((inbox) => inbox.close()));
    expect(await versions()).toEqual([1, 2]);
  });

  it('does not change when the connection of the migration is cut, and is migrated at the next start', async () => {
    // A reader of the history blocks the migration after its first changes.
    const reader = await openConnection(database.url);
    await reader.query('BEGIN; LOCK TABLE sweego_bridge.transition IN ACCESS SHARE MODE');
    const opening = expect(openInbox(database.url)).rejects.toMatchObject({ code: 'INBOX_OPEN_FAILED' });
    await expect.poll(isAnybodyWaiting, { timeout: 10_000 }).toBe(true);
    await database.query(`SELECT pg_terminate_backend(pid) FROM ${waiting}`);
    await opening;
    await reader.end();
    expect(await versions()).toEqual([1]);
    const inbox = await openInbox(database.url);
    await expectReleasedInbox(inbox);
    await inbox.close();
  });

  it('still counts entries by state after the migration', async () => {
    const inbox = await openInbox(database.url);
    const before = (await inbox.status()).states;
    expect(await inbox.discard([13], 'a test', new Date())).toEqual(['done']);
    expect((await inbox.status()).states).toEqual({
      ...before,
      parked: before.parked - 1,
      settled: before.settled + 1,
    });
    await inbox.close();
  });
});

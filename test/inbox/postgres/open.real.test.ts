import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openInbox } from '../../../src/inbox/open.ts';
import { expectRefusal } from '../../support/expect-refusal.ts';
import { requestOf } from '../../support/inbox/inbox-requests.ts';
import { createPostgresDatabase, withDatabase } from '../../support/inbox/postgres-databases.ts';
import type { PostgresDatabase } from '../../support/inbox/postgres-databases.ts';

let database: PostgresDatabase;

beforeEach(async () => {
  database = await createPostgresDatabase();
});
afterEach(() => database.remove());

const neverRetried = { retry: 'never', scope: 'bridge' } as const;

describe('opening the inbox in PostgreSQL', () => {
  it('creates the tables once when several bridges start at the same time', async () => {
    const inboxes = await Promise.all(Array.from({ length: 4 }, () => openInbox(database.url)));
    await Promise.all(inboxes.map((inbox) => inbox.put(requestOf({}))));
    expect((await inboxes[0]?.status())?.unclaimed).toBe(4);
    await Promise.all(inboxes.map((inbox) => inbox.close()));
    expect(await database.query('SELECT version FROM sweego_bridge.migration')).toEqual([
      { version: 1 },
      { version: 2 },
    ]);
  });

  it('touches nothing outside its schema', async () => {
    await database.query('CREATE TABLE request (id integer); CREATE TABLE migration (version integer)');
    const inbox = await openInbox(database.url);
    await inbox.put(requestOf({}));
    await inbox.close();
    expect(
      await database.query('SELECT * FROM public.request UNION ALL SELECT * FROM public.migration'),
    ).toEqual([]);
  });

  it('uses a schema that an administrator created for a database user without the right to create one', async () => {
    const role = `reader_${database.url.slice(-12)}`;
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret-word'`);
    const url = Object.assign(new URL(database.url), { username: role, password: 'secret-word' }).href;
    await expectRefusal(openInbox(url), {
      code: 'INBOX_OPEN_FAILED',
      retry: 'later',
      scope: 'bridge',
      says: /right to create a schema/,
      details: { postgres: '42501' },
    });
    await database.query(`GRANT ${role} TO bridge; CREATE SCHEMA sweego_bridge AUTHORIZATION ${role}`);
    const inbox = await openInbox(url);
    await inbox.put(requestOf({}));
    await inbox.close();
    await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });

  it('does not change the tables of a later release', async () => {
    await (await openInbox(database.url)).close();
    await database.query('INSERT INTO sweego_bridge.migration VALUES (1000)');
    await expectRefusal(openInbox(database.url), {
      ...neverRetried,
      code: 'INBOX_NEWER',
      says: /Start the release that wrote it/,
      details: { found: 1000 },
    });
  });

  it("does not change another program's schema of the same name", async () => {
    await database.query('CREATE SCHEMA sweego_bridge; CREATE TABLE sweego_bridge.invoice (id integer)');
    await expectRefusal(openInbox(database.url), {
      ...neverRetried,
      code: 'INBOX_NOT_OURS',
      says: /Set DATABASE_URL to another database/,
    });
    expect(await database.query('SELECT * FROM sweego_bridge.invoice')).toEqual([]);
  });

  it('distinguishes a wrong password from a missing database, and does not show the password', async () => {
    const wrongPassword = Object.assign(new URL(database.url), { password: 'hunter2' }).href;
    const refused = await expectRefusal(openInbox(wrongPassword), {
      code: 'INBOX_OPEN_FAILED',
      retry: 'later',
      scope: 'bridge',
      says: /Correct user and password/,
      details: { postgres: '28P01' },
    });
    expect(JSON.stringify([refused.message, refused.details])).not.toContain('hunter2');
    await expectRefusal(openInbox(withDatabase(database.url, 'nowhere')), {
      code: 'INBOX_OPEN_FAILED',
      retry: 'later',
      scope: 'bridge',
      says: /Create the database/,
    });
  });

  it('refuses a connection without encryption when the URL requires encryption', async () => {
    await expectRefusal(openInbox(`${database.url}?sslmode=verify-full`), {
      code: 'INBOX_OPEN_FAILED',
      retry: 'later',
      scope: 'bridge',
      says: /Check that PostgreSQL runs/,
    });
  });
});

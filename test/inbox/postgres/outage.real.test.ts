import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Inbox } from '../../../src/inbox/inbox.ts';
import { openInbox } from '../../../src/inbox/open.ts';
import { expectRefusal } from '../../support/expect-refusal.ts';
import { after, allKinds, describeTestBody, requestOf } from '../../support/inbox/inbox-requests.ts';
import { queryOnce, withDatabase } from '../../support/inbox/postgres-databases.ts';
import { openPostgresServer } from '../../support/inbox/postgres-server.ts';
import type { PostgresServer } from '../../support/inbox/postgres-server.ts';

let server: PostgresServer;
let url: string;
let inbox: Inbox;

beforeAll(async () => {
  server = await openPostgresServer();
});
afterAll(() => server.remove());

beforeEach(async () => {
  await server.start();
  await queryOnce(server.url, 'DROP DATABASE IF EXISTS inbox WITH (FORCE)');
  await queryOnce(server.url, 'CREATE DATABASE inbox');
  url = withDatabase(server.url, 'inbox');
  inbox = await openInbox(url);
});
afterEach(() => inbox.close());

const claimAll = { kinds: ['outbound'] as const, limit: 100, now: after(0), describe: describeTestBody };
const unavailable = { retry: 'later', scope: 'bridge', says: /Check that PostgreSQL runs/ } as const;

describe('an inbox whose PostgreSQL server stops or crashes', () => {
  it('refuses what it cannot store, and works again without a restart when the server is back', async () => {
    await inbox.put(requestOf({ keys: ['before'] }));
    await server.stop();
    const refused = await expectRefusal(inbox.put(requestOf({ keys: ['meanwhile'] })), {
      ...unavailable,
      code: 'INBOX_WRITE_FAILED',
    });
    expect(refused.message).not.toContain('bridge:bridge');
    await expectRefusal(inbox.claim(claimAll), { ...unavailable, code: 'INBOX_WRITE_FAILED' });
    await expectRefusal(inbox.status(), { ...unavailable, code: 'INBOX_READ_FAILED' });
    await expectRefusal(openInbox(url), { ...unavailable, code: 'INBOX_OPEN_FAILED' });

    await server.start();
    await inbox.put(requestOf({ keys: ['meanwhile'] }));
    expect(await inbox.claim(claimAll)).toHaveLength(2);
  });

  it('stores a request right after a restart of the server, at the first attempt', async () => {
    await inbox.put(requestOf({ keys: ['before'] }));
    await server.stop();
    await server.start();
    await inbox.put(requestOf({ keys: ['after'] }));
    expect((await inbox.status()).unclaimed).toBe(2);
  });

  it('keeps every request that it confirmed before the server crashed', async () => {
    const answered: string[] = [];
    let isDown = false;
    const sides = Array.from({ length: 8 }, async (_, side) => {
      for (let number = 0; !isDown; number += 1) {
        const requestKey = `${side}-${number}`;
        await inbox
          .put(requestOf({ keys: [requestKey] }, { requestKey }))
          .then(() => answered.push(requestKey))
          .catch(() => (isDown = true));
      }
    });
    await pause(300);
    await server.crash();
    await Promise.all(sides);
    await server.start();
    await inbox.claim({ ...claimAll, limit: 0 });
    const stored = new Set((await inbox.list({ limit: 1_000_000 })).map(({ requestKey }) => requestKey));
    expect(answered.length).toBeGreaterThan(10);
    expect(answered.filter((requestKey) => !stored.has(requestKey))).toHaveLength(0);
  });

  it('hands out its claimed entries again after the server crashed', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => inbox.put(requestOf({ keys: [`e${index}`] }))),
    );
    const entries = await inbox.claim({ ...claimAll, limit: 5 });
    await inbox.settle([entries[0]?.id ?? 0], { outcome: 'applied' }, after(1));
    await server.crash();
    await server.start();
    expect((await inbox.status()).states).toMatchObject({ claimed: 4, settled: 1, received: 15 });
    expect(await inbox.releaseClaimed(allKinds, after(2))).toEqual({ released: 4, parked: 0 });
    expect(await inbox.claim({ ...claimAll, now: after(2) })).toHaveLength(19);
  });
});

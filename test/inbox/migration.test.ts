import { copyFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openInbox } from '../../src/inbox/open.ts';
import { openSession } from '../../src/inbox/sqlite/session.ts';
import {
  after,
  allKinds,
  bytesOfText,
  describeTestBody,
  requestOf,
} from '../support/inbox/inbox-requests.ts';
import { createTemporaryPath } from '../support/inbox/sqlite-databases.ts';
import { createVersion1Inbox, version1Entries } from '../support/inbox/version-1-inbox.ts';
import { runProgram } from '../support/run-program.ts';

let path: string;
let remove: () => void;

beforeEach(async () => {
  ({ path, remove } = createTemporaryPath());
  await createVersion1Inbox(path);
});
afterEach(() => remove());

/** Opens the file with today's code and checks that everything in it is still there. */
async function expectNothingLost(file: string): Promise<void> {
  const inbox = await openInbox(`file:${file}`);
  const entries = (await inbox.list({})).map(({ id, state, reason }) => ({ id, state, reason }));
  expect(entries.sort((one, other) => one.id - other.id)).toEqual(version1Entries);
  expect(await inbox.status()).toEqual({
    unclaimed: 1,
    states: { received: 2, claimed: 1, waiting: 1, settled: 2, parked: 1 },
    oldestOpenAt: after(4),
    secrets: [
      { secretId: 'environment:1', kind: 'outbound', lastUsedAt: after(6), requests: 5 },
      { secretId: 'server:1:outbound', kind: 'outbound', lastUsedAt: after(1), requests: 1 },
    ],
  });
  expect(await inbox.find(4)).toMatchObject({
    receivedAt: after(4),
    dueAt: after(600),
    attempts: 2,
    waits: 1,
    isErased: false,
    body: bytesOfText('{"keys":["event:4"]}'),
  });
  expect((await inbox.find(6))?.body).toEqual(bytesOfText('{"element":1}'));
  expect((await inbox.history(1)).map(({ reason }) => reason)).toEqual(['received', 'claimed', 'applied']);
  await inbox.close();
}

describe('an inbox of the first schema version', () => {
  it('keeps every entry, its history and its details', async () => {
    await expectNothingLost(path);
  });

  it('continues with its open entries, and recognises a duplicate of an earlier event', async () => {
    const inbox = await openInbox(`file:${path}`);
    expect(await inbox.holdLease({ name: 'worker', holder: 'new', ttlMs: 1000, now: after(700) })).toBe(true);
    expect(await inbox.releaseClaimed(allKinds, after(700))).toEqual({ released: 1, parked: 0 });
    await inbox.put(requestOf({ keys: ['event:3'] }, { receivedAt: after(700) }));
    const claimed = await inbox.claim({
      kinds: ['outbound'],
      limit: 100,
      now: after(700),
      describe: describeTestBody,
    });
    expect(claimed.map(({ id, requestId }) => [id, requestId])).toEqual([
      [5, 5],
      [6, 5],
      [7, 6],
      [8, 7],
      [4, 4],
    ]);
    expect((await inbox.find(9))?.reason).toBe('duplicate of 3');
    await inbox.close();
  });

  it('counts retention from when an entry was settled', async () => {
    const inbox = await openInbox(`file:${path}`);
    const limits = { bodiesSettledBefore: after(60), entriesSettledBefore: after(0), limit: 10 };
    expect(await inbox.retain(limits)).toEqual({ bodies: 1, entries: 0 });
    expect((await inbox.list({ states: ['settled'] })).map(({ id, isErased }) => [id, isErased])).toEqual([
      [2, true],
      [1, false],
    ]);
    await inbox.close();
  });

  it('is migrated completely or not at all when the bridge is killed during the migration, and loses nothing', async () => {
    const [countText = ''] = (await runProgram('migrate-until-killed', [path, '1000'])).lines;
    const statements = Number(countText);
    expect(statements).toBeGreaterThan(25);

    const killBefore = [1, 2, 9, Math.floor(statements / 2), statements - 1, statements];
    for (const number of killBefore) {
      const file = `${path}-${number}`;
      await createVersion1Inbox(file);
      const run = await runProgram('migrate-until-killed', [file, String(number)]);
      expect(run.signal).toBe('SIGKILL');
      expect(versionsIn(copyOf(file))).toEqual(number < statements ? [1] : [1, 2, 3]);
      await expectNothingLost(file);
      expect(versionsIn(file)).toEqual([1, 2, 3]);
    }
  }, 60_000);
});

/** A copy of the file and its log as they are now: opening the original would already repair it. */
function copyOf(file: string): string {
  const copy = `${file}-copy`;
  for (const part of ['', '-wal']) copyFileSync(`${file}${part}`, `${copy}${part}`);
  return copy;
}

function versionsIn(file: string): unknown[] {
  const session = openSession(file);
  const versions = session
    .all('SELECT version FROM migration ORDER BY version', [])
    .map((row) => row['version']);
  session.close();
  return versions;
}

import { copyFileSync } from 'node:fs';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openInbox } from '../../src/inbox/open.ts';
import { openSession } from '../../src/inbox/sqlite/session.ts';
import {
  drainReleasedInbox,
  expectReleasedInbox,
  readReleasedInbox,
} from '../support/inbox/released-inbox.ts';
import { createTemporaryPath } from '../support/inbox/sqlite-databases.ts';
import { runProgram } from '../support/run-program.ts';

let path: string;
let remove: () => void;

beforeEach(() => {
  ({ path, remove } = createTemporaryPath());
  writeReleased(path);
});
afterEach(() => remove());

function writeReleased(file: string): void {
  const database = new Database(file);
  database.exec('PRAGMA journal_mode = WAL');
  database.exec(readReleasedInbox('sqlite'));
  database.close();
}

function versionsIn(file: string): unknown[] {
  const session = openSession(file);
  const rows = session.all('SELECT version FROM migration ORDER BY version', []);
  session.close();
  return rows.map((row) => row['version']);
}

describe('a SQLite inbox of the release that stored only texts', () => {
  it('has the outcome, code and target of every entry and of its history', async () => {
    const inbox = await openInbox(`file:${path}`);
    await expectReleasedInbox(inbox);
    await inbox.close();
    expect(versionsIn(path)).toEqual([1, 2, 3]);
  });

  it('is processed until no entry is open', async () => {
    const inbox = await openInbox(`file:${path}`);
    await drainReleasedInbox(inbox);
    await inbox.close();
  });

  it('is migrated completely or not at all when the bridge is killed during the migration', async () => {
    const [countText = ''] = (await runProgram('migrate-until-killed', [path, '1000'])).lines;
    const statements = Number(countText);
    expect(statements).toBeGreaterThan(12);
    for (const number of [1, Math.floor(statements / 2), statements - 1, statements]) {
      const file = `${path}-${number}`;
      writeReleased(file);
      const run = await runProgram('migrate-until-killed', [file, String(number)]);
      expect(run.signal).toBe('SIGKILL');
      for (const part of ['', '-wal']) copyFileSync(`${file}${part}`, `${file}-copy${part}`);
      expect(versionsIn(`${file}-copy`)).toEqual(number < statements ? [1, 2] : [1, 2, 3]);
      const inbox = await openInbox(`file:${file}`);
      await expectReleasedInbox(inbox);
      await inbox.close();
    }
  }, 60_000);

  it('is migrated once when two bridges start at the same time', async () => {
    const runs = await Promise.all(
      ['1000', '1000'].map((number) => runProgram('migrate-until-killed', [path, number])),
    );
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(versionsIn(path)).toEqual([1, 2, 3]);
    const inbox = await openInbox(`file:${path}`);
    await expectReleasedInbox(inbox);
    await inbox.close();
  }, 60_000);
});

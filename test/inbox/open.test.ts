import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BridgeError } from '../../src/errors.ts';
import { openInbox } from '../../src/inbox/open.ts';
import { requestOf } from '../support/inbox/inbox-requests.ts';
import { createTemporaryPath } from '../support/inbox/sqlite-databases.ts';
import { withoutRootRights } from '../support/without-root-rights.ts';

let path: string;
let remove: () => void;

beforeEach(() => ({ path, remove } = createTemporaryPath()));
afterEach(() => remove());

function modeOf(file: string): string {
  return (statSync(file).mode & 0o777).toString(8);
}

describe('opening the inbox', () => {
  it('creates the directory and files that only their owner may read', async () => {
    const file = join(dirname(path), 'data', 'mail', 'bridge.sqlite');
    const inbox = await openInbox(`file:${file}`);
    await inbox.put(requestOf({}));
    expect(modeOf(dirname(file))).toBe('700');
    expect([file, `${file}-wal`, `${file}-shm`].map(modeOf)).toEqual(['600', '600', '600']);
    await inbox.close();
  });

  it('makes a file that everybody could read readable for its owner only', async () => {
    writeFileSync(path, '');
    chmodSync(path, 0o644);
    await (await openInbox(`file:${path}`)).close();
    expect(modeOf(path)).toBe('600');
  });

  it('accepts relative paths and file URLs with an authority', async () => {
    const inbox = await openInbox(`file://${path}`);
    await inbox.close();
    expect(existsSync(path)).toBe(true);
    const workingDirectory = process.cwd();
    process.chdir(dirname(path));
    try {
      await (await openInbox('file:./other/bridge.sqlite')).close();
    } finally {
      process.chdir(workingDirectory);
    }
    expect(existsSync(join(dirname(path), 'other', 'bridge.sqlite'))).toBe(true);
  });

  it.each([
    [
      'that does not answer',
      'postgres://bridge:hunter2@127.0.0.1:1/bridge',
      'INBOX_OPEN_FAILED',
      'Check that PostgreSQL runs',
    ],
    [
      'that is malformed',
      'postgres://bridge:hunter2@127.0.0.1:port/bridge',
      'INBOX_URL_INVALID',
      'Set it like',
    ],
    [
      'whose certificate file is missing',
      'postgresql://bridge:hunter2@127.0.0.1:1/bridge?sslrootcert=/missing.pem',
      'INBOX_OPEN_FAILED',
      'sslrootcert',
    ],
  ])('refuses the address of a PostgreSQL %s, without repeating it', async (_, url, code, fix) => {
    const error: unknown = await openInbox(url).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, scope: 'bridge', message: expect.stringContaining(fix) as string });
    expect(JSON.stringify([String(error), (error as BridgeError).details])).not.toMatch(
      /hunter2|127\.0\.0\.1/,
    );
  });

  it.each([
    'bridge.sqlite',
    'mysql://127.0.0.1/x',
    'file:',
    'file::memory:',
    'file:x?mode=memory',
    'file:data/',
  ])('refuses %s, which does not name a permanent file', async (databaseUrl) => {
    await expect(openInbox(databaseUrl)).rejects.toMatchObject({
      code: 'INBOX_URL_INVALID',
      message: expect.stringContaining('for example file:./data/bridge.sqlite') as string,
    });
  });

  it('names the file and the fix when the directory is not writable', async () => {
    await withoutRootRights(dirname(path), async () => {
      chmodSync(dirname(path), 0o500);
      await expect(openInbox(`file:${path}`)).rejects.toMatchObject({
        code: 'INBOX_OPEN_FAILED',
        message: expect.stringContaining('Make its directory writable') as string,
        details: { path, code: 'EACCES' },
      });
    });
  });

  it('names the file and the fix when the file is read-only', async () => {
    await (await openInbox(`file:${path}`)).close();
    if (process.geteuid?.() === 0) chownSync(path, 65534, 65534);
    chmodSync(path, 0o400);
    await withoutRootRights(dirname(path), async () => {
      await expect(openInbox(`file:${path}`)).rejects.toMatchObject({
        code: 'INBOX_OPEN_FAILED',
        details: { path, code: 'EACCES' },
      });
    });
  });

  it('refuses a path that is a directory, or that has a file in place of a directory', async () => {
    mkdirSync(path);
    await expect(openInbox(`file:${path}`)).rejects.toMatchObject({ code: 'INBOX_OPEN_FAILED' });
    const file = join(dirname(path), 'file');
    writeFileSync(file, '');
    await expect(openInbox(`file:${file}/bridge.sqlite`)).rejects.toMatchObject({
      code: 'INBOX_OPEN_FAILED',
    });
  });

  it.skipIf(!existsSync('/proc/self'))('immediately refuses a path that cannot be created', async () => {
    await expect(openInbox('file:/proc/no-such-place/bridge.sqlite')).rejects.toMatchObject({
      code: 'INBOX_OPEN_FAILED',
      details: { code: 'ENOENT' },
    });
  });

  it('leaves the database of a later release as it is', async () => {
    await (await openInbox(`file:${path}`)).close();
    const database = new Database(path);
    database.exec('INSERT INTO migration (version) VALUES (1000)');
    await expect(openInbox(`file:${path}`)).rejects.toMatchObject({
      code: 'INBOX_NEWER',
      message: expect.stringContaining('Start the release that wrote it') as string,
      details: { found: 1000 },
    });
    database.close();
  });

  it('leaves the database of another program as it is', async () => {
    const database = new Database(path);
    database.exec('CREATE TABLE invoice (id INTEGER PRIMARY KEY)');
    await expect(openInbox(`file:${path}`)).rejects.toMatchObject({ code: 'INBOX_NOT_OURS' });
    expect(database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all([])).toEqual([
      { name: 'invoice' },
    ]);
    database.close();
  });

  it('does not touch a file that is not a database', async () => {
    const text = 'This was never a database. '.repeat(500);
    writeFileSync(path, text);
    await expect(openInbox(`file:${path}`)).rejects.toMatchObject({
      code: 'INBOX_CORRUPT',
      retry: 'never',
      message: expect.stringContaining('backup') as string,
    });
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});

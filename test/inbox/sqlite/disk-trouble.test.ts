import { setTimeout as pause } from 'node:timers/promises';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openInbox } from '../../../src/inbox/open.ts';
import { createInbox } from '../../../src/inbox/sqlite/inbox.ts';
import { openDatabase } from '../../../src/inbox/sqlite/open.ts';
import {
  after,
  bytesOfText,
  contentOf,
  describeTestBody,
  requestOf,
} from '../../support/inbox/inbox-requests.ts';
import { createTemporaryPath } from '../../support/inbox/sqlite-databases.ts';
import { runProgram } from '../../support/run-program.ts';

let path: string;
let remove: () => void;

beforeEach(() => ({ path, remove } = createTemporaryPath()));
afterEach(() => remove());

const claimAll = { kinds: ['outbound'] as const, limit: 100, now: after(0), describe: describeTestBody };

describe('an inbox that cannot write to its disk', () => {
  it('refuses all puts of a commit that fails on a full disk, and stores again when there is space', async () => {
    const session = await openDatabase(path);
    const inbox = createInbox(session);
    let notified = 0;
    inbox.onPut(() => (notified += 1));
    const pages = session.first('PRAGMA page_count', [])?.['page_count'] as number;
    session.first(`PRAGMA max_page_count = ${pages + 10}`, []);

    const large = requestOf(new Uint8Array(200_000));
    const results = await Promise.allSettled([inbox.put(requestOf({})), inbox.put(large)]);
    for (const result of results) {
      expect(result).toMatchObject({
        status: 'rejected',
        reason: {
          code: 'INBOX_WRITE_FAILED',
          retry: 'later',
          scope: 'bridge',
          message: expect.stringContaining('Free space') as string,
          cause: { code: 'SQLITE_FULL' },
        },
      });
    }
    expect((await inbox.status()).unclaimed).toBe(0);
    expect(notified).toBe(0);

    session.first('PRAGMA max_page_count = 1000000', []);
    await inbox.put(large);
    expect((await inbox.status()).unclaimed).toBe(1);
    await inbox.close();
  });

  it('changes nothing when a claim finds the disk full, and hands out the same entries later', async () => {
    const session = await openDatabase(path);
    const inbox = createInbox(session);
    const elements = Array.from({ length: 2000 }, (_, index) => ({ keys: [`event:${index}`] }));
    await inbox.put(requestOf(elements));
    const pages = session.first('PRAGMA page_count', [])?.['page_count'] as number;
    session.first(`PRAGMA max_page_count = ${pages}`, []);
    await expect(inbox.claim(claimAll)).rejects.toMatchObject({ code: 'INBOX_WRITE_FAILED' });
    expect(await inbox.list({})).toEqual([]);
    session.first('PRAGMA max_page_count = 1000000', []);
    expect(await inbox.claim(claimAll)).toHaveLength(100);
    await inbox.close();
  });

  it('refuses what the operating system does not let it write, and continues to store what fits', async () => {
    const run = await runProgram('put-beyond-limit', [`file:${path}`, '4000000'], { fileSizeLimitKiB: 1024 });
    expect(run.lines).toEqual(['stored 1', 'INBOX_WRITE_FAILED later', 'stored 2']);
    const inbox = await openInbox(`file:${path}`);
    expect((await inbox.status()).unclaimed).toBe(2);
    await inbox.close();
  });

  it('waits for another program that writes to the file, without blocking other work', async () => {
    const inbox = await openInbox(`file:${path}`);
    const other = new Database(path);
    other.exec('BEGIN IMMEDIATE');
    let stored = false;
    const put = inbox.put(requestOf({})).then(() => (stored = true));
    await pause(400);
    expect(stored).toBe(false);
    other.exec('COMMIT');
    await put;
    expect((await inbox.status()).unclaimed).toBe(1);
    other.close();
    await inbox.close();
  });

  it('refuses a put when another program keeps its lock on the file', async () => {
    const inbox = await openInbox(`file:${path}`);
    const other = new Database(path);
    other.exec('BEGIN IMMEDIATE');
    await expect(inbox.put(requestOf({}))).rejects.toMatchObject({
      code: 'INBOX_WRITE_FAILED',
      message: expect.stringContaining('End the program that holds a lock') as string,
    });
    other.exec('ROLLBACK');
    other.close();
    await inbox.close();
  });

  it('keeps the old file when the disk is full while a new one is stored', async () => {
    const session = await openDatabase(path);
    const inbox = createInbox(session);
    await inbox.put(requestOf({}));
    const [entry] = await inbox.claim(claimAll);
    const id = entry?.id ?? 0;
    await inbox.storeFile(id, 'a', contentOf(bytesOfText('whole')));
    const pages = session.first('PRAGMA page_count', [])?.['page_count'] as number;
    session.first(`PRAGMA max_page_count = ${pages + 300}`, []);
    const large = Array.from({ length: 4 }, () => new Uint8Array(1024 * 1024));
    await expect(inbox.storeFile(id, 'a', contentOf(...large))).rejects.toMatchObject({
      code: 'INBOX_WRITE_FAILED',
      message: expect.stringContaining('Free space') as string,
    });
    expect(await inbox.files(id)).toMatchObject([{ name: 'a', sizeBytes: 5 }]);
    await inbox.close();
  });
});

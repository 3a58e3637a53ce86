import { chmodSync, chownSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
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
  textOf,
} from '../../support/inbox/inbox-requests.ts';
import { createTemporaryPath } from '../../support/inbox/sqlite-databases.ts';
import { withoutRootRights } from '../../support/without-root-rights.ts';

let path: string;
let remove: () => void;

beforeEach(() => ({ path, remove } = createTemporaryPath()));
afterEach(() => remove());

const claimAll = { kinds: ['outbound'] as const, limit: 100, now: after(0), describe: describeTestBody };

describe('an inbox whose file somebody changed', () => {
  it('refuses to write while the file is read-only, still reads, and writes again when the file is writable', async () => {
    const session = await openDatabase(path);
    const inbox = createInbox(session);
    await inbox.put(requestOf({ keys: ['event:1'] }));
    const [entry] = await inbox.claim(claimAll);
    const id = entry?.id ?? 0;
    session.exec('PRAGMA query_only = ON');
    const changes = await Promise.allSettled([
      inbox.put(requestOf({})),
      inbox.claim(claimAll),
      inbox.settle([id], { outcome: 'applied' }, after(1)),
      inbox.holdLease({ name: 'worker', holder: 'first', ttlMs: 1000, now: after(1) }),
      inbox.discard([id], 'by hand', after(1)),
      inbox.storeFile(id, 'letter.pdf', contentOf(bytesOfText('Dear Bob'))),
    ]);
    for (const change of changes) {
      expect(change).toMatchObject({
        status: 'rejected',
        reason: {
          code: 'INBOX_WRITE_FAILED',
          retry: 'later',
          message: expect.stringContaining('Let the user of the bridge write to the file') as string,
        },
      });
    }
    expect(await inbox.find(id)).toMatchObject({ state: 'claimed' });
    expect((await inbox.status()).unclaimed).toBe(0);

    session.exec('PRAGMA query_only = OFF');
    await inbox.settle([id], { outcome: 'applied' }, after(2));
    await inbox.put(requestOf({ keys: ['event:2'] }));
    expect(await inbox.claim(claimAll)).toHaveLength(1);
    await inbox.close();
  });

  it('continues to store when its open file becomes read-only, and is refused at the next start', async () => {
    const inbox = await openInbox(`file:${path}`);
    if (process.geteuid?.() === 0) chownSync(path, 65534, 65534);
    chmodSync(path, 0o400);
    await inbox.put(requestOf({}));
    expect((await inbox.status()).unclaimed).toBe(1);
    await inbox.close();
    await withoutRootRights(dirname(path), async () => {
      await expect(openInbox(`file:${path}`)).rejects.toMatchObject({ code: 'INBOX_OPEN_FAILED' });
    });
    chmodSync(path, 0o600);
    const reopened = await openInbox(`file:${path}`);
    expect((await reopened.status()).unclaimed).toBe(1);
    await reopened.close();
  });

  it.each(['', '-wal'])(
    'refuses webhooks when its file%s is moved away, and stores again once it is back',
    async (part) => {
      const inbox = await openInbox(`file:${path}`);
      await inbox.put(requestOf({ keys: ['event:1'] }));
      renameSync(`${path}${part}`, `${path}${part}.old`);
      await expect(inbox.put(requestOf({ keys: ['event:2'] }))).rejects.toMatchObject({
        code: 'INBOX_WRITE_FAILED',
        message: expect.stringContaining('put back the files') as string,
      });
      writeFileSync(`${path}${part}`, '');
      await expect(inbox.put(requestOf({ keys: ['event:3'] }))).rejects.toMatchObject({
        code: 'INBOX_WRITE_FAILED',
      });
      renameSync(`${path}${part}.old`, `${path}${part}`);
      await inbox.put(requestOf({ keys: ['event:4'] }));
      await inbox.close();
      const reopened = await openInbox(`file:${path}`);
      expect((await reopened.claim(claimAll)).map(({ body }) => textOf(body))).toEqual([
        '{"keys":["event:1"]}',
        '{"keys":["event:4"]}',
      ]);
      await reopened.close();
    },
  );

  it.each([
    ['opening finds the damage', 1],
    ['a later put finds the damage', 20],
  ])('reports that the file is corrupt when %s', async (_, soundPages) => {
    const inbox = await openInbox(`file:${path}`);
    await Promise.all(Array.from({ length: 50 }, () => inbox.put(requestOf(new Uint8Array(2000)))));
    await inbox.claim(claimAll);
    await inbox.close();
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0xa5, soundPages * 4096));

    const use = async () => {
      const damaged = await openInbox(`file:${path}`);
      await damaged.put(requestOf({})).finally(() => damaged.close());
    };
    await expect(use()).rejects.toMatchObject({ code: 'INBOX_CORRUPT', retry: 'never' });
  });

  it('reports that the file is corrupt when a claim finds the damage, and does not change the file', async () => {
    const inbox = await openInbox(`file:${path}`);
    for (let number = 0; number < 50; number += 1) await inbox.put(requestOf(new Uint8Array(2000)));
    await inbox.put(requestOf({ keys: ['event:1'] }));
    await inbox.close();
    const bytes = readFileSync(path);
    const damagedPages = bytes.byteLength - 30 * 4096;
    writeFileSync(path, bytes.fill(0xa5, damagedPages));
    const before = readFileSync(path);

    const damaged = await openInbox(`file:${path}`);
    await expect(damaged.claim(claimAll)).rejects.toMatchObject({
      code: 'INBOX_CORRUPT',
      retry: 'never',
      message: expect.stringContaining('.recover') as string,
    });
    expect((await damaged.status()).unclaimed).toBe(51);
    await damaged.close();
    expect(Buffer.compare(readFileSync(path), before)).toBe(0);
  });
});

import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Inbox } from '../../../src/inbox/inbox.ts';
import { openInbox } from '../../../src/inbox/open.ts';
import {
  after,
  bytesOfText,
  contentOf,
  describeTestBody,
  requestOf,
} from '../../support/inbox/inbox-requests.ts';
import { createTemporaryPath } from '../../support/inbox/sqlite-databases.ts';

let path: string;
let remove: () => void;
let inbox: Inbox;

beforeEach(async () => {
  ({ path, remove } = createTemporaryPath());
  inbox = await openInbox(`file:${path}`);
});
afterEach(async () => {
  await inbox.close();
  remove();
});

const ann = 'ann@example.com';
const letter = 'Dear Bob, the key is under the mat.';
const attachment = 'A drawing of the mat.';

/** The texts of this list that are anywhere in the files of the inbox, unused pages included. */
function tracesOf(texts: readonly string[]): string[] {
  const files = [path, `${path}-wal`, `${path}-shm`].filter(existsSync).map((file) => readFileSync(file));
  return texts.filter((text) => files.some((bytes) => bytes.includes(text)));
}

/** Thirty requests about Bob, small and large, and three about Ann between them: alone, in an array, and long. */
async function storeMail(): Promise<void> {
  const annsRequest = { terms: [`address:${ann}`], recipient: ann, text: letter };
  for (let number = 0; number < 30; number += 1) {
    await inbox.put(requestOf({ number, recipient: 'bob@example.com', text: 'x'.repeat(number * 300) }));
    if (number === 9) await inbox.put(requestOf(annsRequest));
    if (number === 14) await inbox.put(requestOf([{ number: 'before' }, annsRequest, { number: 'behind' }]));
    if (number === 19) await inbox.put(requestOf({ ...annsRequest, long: letter.repeat(500) }));
  }
}

async function claimAll(): Promise<number[]> {
  const entries = await inbox.claim({
    kinds: ['outbound'],
    limit: 500,
    now: after(0),
    describe: describeTestBody,
  });
  return entries.map(({ id }) => id);
}

describe('erased mail', () => {
  it('is gone from the files while the inbox is still open, and the mail of others stays', async () => {
    await storeMail();
    const ids = await claimAll();
    const annsIds = (await inbox.list({ terms: [`address:${ann}`] })).map(({ id }) => id);
    await inbox.storeFile(annsIds[0] ?? 0, 'mat.txt', contentOf(bytesOfText(attachment.repeat(5000))));
    await inbox.settle(
      ids,
      { outcome: 'injected', reason: 'sale.order,7 by reply token (certain)' },
      after(1),
    );
    expect(tracesOf([ann, letter, attachment])).toEqual([ann, letter, attachment]);

    expect(await inbox.erase(annsIds, after(2))).toEqual(['done', 'done', 'done']);
    expect(tracesOf([ann, letter, attachment, 'bob@example.com'])).toEqual(['bob@example.com']);
  });

  it('is gone from the files after retention has erased everything', async () => {
    await storeMail();
    const ids = await claimAll();
    await inbox.storeFile(ids[5] ?? 0, 'mat.txt', contentOf(bytesOfText(attachment.repeat(5000))));
    await inbox.settle(
      ids,
      { outcome: 'injected', reason: 'sale.order,7 by reply token (certain)' },
      after(1),
    );
    let steps = 0;
    for (let left = 1; left > 0; steps += 1) {
      const { bodies } = await inbox.retain({
        bodiesSettledBefore: after(2),
        entriesSettledBefore: after(1),
        limit: 7,
      });
      left = bodies;
    }
    expect(steps).toBeGreaterThan(3);
    expect(tracesOf([ann, letter, attachment, 'bob@example.com'])).toEqual([]);
  });

  it('includes a file that was replaced before its entry was erased', async () => {
    await storeMail();
    const [id = 0] = await claimAll();
    await inbox.storeFile(id, 'mat.txt', contentOf(bytesOfText(attachment.repeat(100))));
    await inbox.storeFile(id, 'mat.txt', contentOf(bytesOfText('nothing to see')));
    await inbox.settle(
      [id],
      { outcome: 'injected', reason: 'sale.order,7 by reply token (certain)' },
      after(1),
    );
    await inbox.erase([id], after(2));
    expect(tracesOf([attachment, 'nothing to see'])).toEqual([]);
  });
});

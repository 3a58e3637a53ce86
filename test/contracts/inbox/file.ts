import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { after, bytesOfText, contentOf, requestOf, textOf } from '../../support/inbox/inbox-requests.ts';
import type { InboxUnderTest } from './inbox-contract.ts';

const mebibyte = 1024 * 1024;

export function registerFileTests(underTest: InboxUnderTest): void {
  async function claimedEntry(): Promise<number> {
    await underTest.inbox.put(requestOf({}, { kind: 'inbound' }));
    const [entry] = await underTest.claim(after(0));
    return entry?.id ?? 0;
  }

  async function piecesOf(entryId: number, name: string): Promise<Uint8Array[]> {
    const pieces: Uint8Array[] = [];
    for await (const piece of underTest.inbox.readFile(entryId, name)) pieces.push(piece);
    return pieces;
  }

  async function textOfFile(entryId: number, name: string): Promise<string> {
    return textOf(Buffer.concat(await piecesOf(entryId, name)));
  }

  describe('files', () => {
    it('are returned unchanged after a restart, in pieces of at most one mebibyte', async () => {
      const id = await claimedEntry();
      const bytes = Uint8Array.from({ length: 3 * mebibyte + 77 }, (_, index) => (index * 7) % 251);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const uneven = [bytes.subarray(0, 10), bytes.subarray(10, 2_500_000), bytes.subarray(2_500_000)];
      const stored = await underTest.inbox.storeFile(id, 'photo.png', contentOf(...uneven));
      expect(stored).toEqual({ name: 'photo.png', sizeBytes: bytes.byteLength, sha256 });
      const inbox = await underTest.reopen();
      expect(await inbox.files(id)).toEqual([stored]);
      const pieces = await piecesOf(id, 'photo.png');
      expect(Math.max(...pieces.map(({ byteLength }) => byteLength))).toBeLessThanOrEqual(mebibyte);
      expect(Buffer.compare(Buffer.concat(pieces), bytes)).toBe(0);
    });

    it('may be empty', async () => {
      const id = await claimedEntry();
      const { sizeBytes } = await underTest.inbox.storeFile(id, 'empty.txt', contentOf());
      expect([sizeBytes, await textOfFile(id, 'empty.txt')]).toEqual([0, '']);
    });

    it('keep their content when the caller reuses its buffer', async () => {
      const id = await claimedEntry();
      async function* oneBuffer() {
        const buffer = new Uint8Array(2);
        for (const text of ['ab', 'cd']) yield (buffer.set(bytesOfText(text)), buffer);
      }
      await underTest.inbox.storeFile(id, 'text', oneBuffer());
      expect(await textOfFile(id, 'text')).toBe('abcd');
    });

    it('are listed in the order in which they were first stored, one per name', async () => {
      const { inbox } = underTest;
      const id = await claimedEntry();
      for (const name of ['b', 'a', 'c']) await inbox.storeFile(id, name, contentOf(bytesOfText('old')));
      await inbox.storeFile(id, 'b', contentOf(bytesOfText('newer')));
      await inbox.storeFile(id, 'b', contentOf(bytesOfText('newest')));
      const files = await inbox.files(id);
      expect(files.map(({ name, sizeBytes }) => [name, sizeBytes])).toEqual([
        ['b', 6],
        ['a', 3],
        ['c', 3],
      ]);
      expect(await textOfFile(id, 'b')).toBe('newest');
    });

    it('keep the old content when the new content fails midway', async () => {
      const { inbox } = underTest;
      const id = await claimedEntry();
      await inbox.storeFile(id, 'a', contentOf(bytesOfText('whole')));
      const broken = new Error('connection reset');
      async function* failingMidway() {
        yield new Uint8Array(2 * mebibyte);
        throw broken;
      }
      await expect(inbox.storeFile(id, 'a', failingMidway())).rejects.toBe(broken);
      await expect(inbox.storeFile(id, 'b', failingMidway())).rejects.toBe(broken);
      expect((await inbox.files(id)).map(({ name }) => name)).toEqual(['a']);
      expect(await textOfFile(id, 'a')).toBe('whole');
    });

    it('are not visible before they are complete', async () => {
      const { inbox } = underTest;
      const id = await claimedEntry();
      async function* checkedMidway() {
        yield new Uint8Array(2 * mebibyte);
        expect(await inbox.files(id)).toEqual([]);
        await expect(piecesOf(id, 'a')).rejects.toMatchObject({ code: 'INBOX_FILE_UNKNOWN' });
      }
      await inbox.storeFile(id, 'a', checkedMidway());
      expect(await inbox.files(id)).toHaveLength(1);
    });

    it('are unknown under another name, for another entry, or when the entry does not exist', async () => {
      const { inbox } = underTest;
      const id = await claimedEntry();
      const other = await claimedEntry();
      await inbox.storeFile(id, 'a', contentOf(bytesOfText('x')));
      const unknownFiles = [
        { entryId: id, name: 'b' },
        { entryId: other, name: 'a' },
        { entryId: 12345, name: 'a' },
      ];
      for (const { entryId, name } of unknownFiles) {
        await expect(piecesOf(entryId, name)).rejects.toMatchObject({ code: 'INBOX_FILE_UNKNOWN' });
      }
      await expect(inbox.storeFile(12345, 'a', contentOf(bytesOfText('x')))).rejects.toMatchObject({
        code: 'INBOX_ENTRY_UNKNOWN',
      });
      expect(await inbox.files(12345)).toEqual([]);
    });

    it('are deleted with the body of their entry', async () => {
      const { inbox } = underTest;
      const id = await claimedEntry();
      await inbox.storeFile(id, 'a', contentOf(bytesOfText('x')));
      await inbox.settle(
        [id],
        { outcome: 'injected', reason: 'sale.order,7 by reply token (certain)' },
        after(1),
      );
      await inbox.retain({ bodiesSettledBefore: after(2), entriesSettledBefore: after(0), limit: 10 });
      expect(await inbox.files(id)).toEqual([]);
      await expect(piecesOf(id, 'a')).rejects.toMatchObject({ code: 'INBOX_FILE_UNKNOWN' });
    });
  });

  describe('snapshots', () => {
    it('are stored by name, survive a restart and can be replaced', async () => {
      const { inbox } = underTest;
      expect(await inbox.findSnapshot('settings')).toBeUndefined();
      await inbox.saveSnapshot('settings', bytesOfText('old'), after(1));
      await inbox.saveSnapshot('other', new Uint8Array([0, 255]), after(2));
      await inbox.saveSnapshot('settings', bytesOfText('new'), after(3));
      const reopened = await underTest.reopen();
      expect(await reopened.findSnapshot('settings')).toEqual({
        bytes: bytesOfText('new'),
        savedAt: after(3),
      });
      expect(await reopened.findSnapshot('other')).toEqual({
        bytes: new Uint8Array([0, 255]),
        savedAt: after(2),
      });
    });
  });
}

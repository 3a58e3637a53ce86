import { describe, expect, it } from 'vitest';
import {
  after,
  bytesOfText,
  contentOf,
  parkReason,
  requestOf,
  textOf,
} from '../../support/inbox/inbox-requests.ts';
import type { InboxUnderTest } from './inbox-contract.ts';

const ann = 'address:ann@example.com';

export function registerEraseTests(underTest: InboxUnderTest): void {
  /** Settles one entry at each given second, and returns their ids. */
  async function settledAt(...seconds: readonly number[]): Promise<number[]> {
    const ids: number[] = [];
    for (const second of seconds) {
      await underTest.inbox.put(requestOf({ keys: [`event:${second}`], terms: [ann] }));
      const [entry] = await underTest.claim(after(second));
      await underTest.inbox.settle([entry?.id ?? 0], { outcome: 'applied' }, after(second));
      ids.push(entry?.id ?? 0);
    }
    return ids;
  }

  function retain(limits: { bodies: number; entries: number; limit?: number }) {
    return underTest.inbox.retain({
      bodiesSettledBefore: after(limits.bodies),
      entriesSettledBefore: after(limits.entries),
      limit: limits.limit ?? 100,
    });
  }

  describe('erasing', () => {
    it('removes the body, files and search terms of an entry, and keeps its history', async () => {
      const { inbox } = underTest;
      const [id = 0] = await settledAt(1);
      await inbox.storeFile(id, 'letter.pdf', contentOf(bytesOfText('Dear Ann')));
      expect(await inbox.erase([id], after(2))).toEqual(['done']);
      expect(await inbox.find(id)).toMatchObject({
        state: 'settled',
        outcome: 'applied',
        isErased: true,
        body: bytesOfText(''),
      });
      expect(await inbox.files(id)).toEqual([]);
      expect(await inbox.list({ terms: [ann] })).toEqual([]);
      expect((await inbox.history(id)).map(({ reason, outcome }) => [reason, outcome])).toEqual([
        ['received', null],
        ['claimed', null],
        ['applied', 'applied'],
        ['erased', 'applied'],
      ]);
      expect(await inbox.erase([id, 12345], after(3))).toEqual(['erased', 'unknown']);
    });

    it('ends open and parked entries, but does not touch a claimed entry', async () => {
      const { inbox } = underTest;
      for (let number = 0; number < 4; number += 1) await inbox.put(requestOf({ number, terms: [ann] }));
      const [claimed = 0, waiting = 0, parked = 0] = (await underTest.claim(after(0), { limit: 3 })).map(
        ({ id }) => id,
      );
      const [received] = await inbox.list({ states: ['received'] });
      await inbox.wait([waiting], { until: after(9), reason: 'x', counts: 'wait', now: after(1) });
      await inbox.park([parked], parkReason, after(1));
      const open = [waiting, parked, received?.id ?? 0];
      expect(await inbox.erase([claimed, ...open], after(2))).toEqual(['claimed', 'done', 'done', 'done']);
      for (const id of open) {
        expect(await inbox.find(id)).toMatchObject({
          state: 'settled',
          outcome: 'discarded',
          reason: 'discarded: erased',
          dueAt: null,
          isErased: true,
        });
      }
      expect((await inbox.find(claimed))?.body).toEqual(bytesOfText('{"number":0,"terms":["' + ann + '"]}'));
      expect(await underTest.claim(after(1000))).toEqual([]);
    });

    it('erases one element of an array and leaves the others to be claimed', async () => {
      const { inbox } = underTest;
      await inbox.put(requestOf([{ terms: [ann] }, { keys: ['other'] }]));
      await underTest.claim(after(0), { limit: 0 });
      const [mine] = await inbox.list({ terms: [ann] });
      await inbox.erase([mine?.id ?? 0], after(1));
      expect((await inbox.find(mine?.id ?? 0))?.body).toEqual(bytesOfText(''));
      expect((await underTest.claim(after(1))).map(({ body }) => textOf(body))).toEqual([
        '{"keys":["other"]}',
      ]);
    });

    it('still recognises a duplicate of an erased entry', async () => {
      const [id = 0] = await settledAt(1);
      await underTest.inbox.erase([id], after(2));
      await underTest.inbox.put(requestOf({ keys: ['event:1'] }));
      expect(await underTest.claim(after(3))).toEqual([]);
      expect((await underTest.inbox.list({}))[0]?.reason).toBe(`duplicate of ${id}`);
    });

    it('stores no file for an entry that is erased while the file arrives', async () => {
      const { inbox } = underTest;
      const [id = 0] = await settledAt(1);
      async function* erasedMidway() {
        yield bytesOfText('Dear ');
        await inbox.erase([id], after(2));
        yield bytesOfText('Ann');
      }
      await expect(inbox.storeFile(id, 'letter.pdf', erasedMidway())).rejects.toMatchObject({
        code: 'INBOX_ENTRY_UNKNOWN',
      });
      await expect(inbox.storeFile(id, 'b.pdf', contentOf(bytesOfText('Ann')))).rejects.toMatchObject({
        code: 'INBOX_ENTRY_UNKNOWN',
      });
      expect(await inbox.files(id)).toEqual([]);
    });
  });

  describe('retention', () => {
    it('erases bodies first and whole entries later, counted from the time of settling', async () => {
      const { inbox } = underTest;
      const [oldest = 0, older = 0, young = 0] = await settledAt(10, 20, 30);
      expect(await retain({ bodies: 30, entries: 20 })).toEqual({ bodies: 1, entries: 1 });
      expect(await inbox.find(oldest)).toBeUndefined();
      expect(await inbox.history(oldest)).toEqual([]);
      expect(await inbox.find(older)).toMatchObject({
        isErased: true,
        body: bytesOfText(''),
        reason: 'applied',
      });
      expect((await inbox.list({ terms: [ann] })).map(({ id }) => id)).toEqual([young]);
      expect(await inbox.find(young)).toMatchObject({ isErased: false });
      expect(await retain({ bodies: 30, entries: 20 })).toEqual({ bodies: 0, entries: 0 });
    });

    it('erases a limited number of entries in one step, the earliest settled first', async () => {
      const ids = await settledAt(1, 2, 3, 4, 5);
      const remaining: number[] = [];
      for (;;) {
        const { entries } = await retain({ bodies: 0, entries: 100, limit: 2 });
        if (entries === 0) break;
        remaining.push((await underTest.inbox.list({})).length);
      }
      expect(remaining).toEqual([3, 1, 0]);
      expect(await underTest.inbox.find(ids[0] ?? 0)).toBeUndefined();
    });

    it('never touches open or parked entries, however old they are', async () => {
      const { inbox } = underTest;
      for (let number = 0; number < 4; number += 1) await inbox.put(requestOf({ number }));
      const [, waiting = 0, parked = 0] = (await underTest.claim(after(0), { limit: 3 })).map(({ id }) => id);
      await inbox.wait([waiting], { until: after(9), reason: 'x', counts: 'wait', now: after(1) });
      await inbox.park([parked], parkReason, after(1));
      expect(await retain({ bodies: 1_000_000, entries: 1_000_000 })).toEqual({ bodies: 0, entries: 0 });
      const entries = await inbox.list({});
      expect(entries.map(({ isErased }) => isErased)).toEqual([false, false, false, false]);
    });

    it('counts from the second settling when an entry was replayed', async () => {
      const { inbox } = underTest;
      const [id = 0] = await settledAt(10);
      await inbox.replay([id], after(50));
      expect(await retain({ bodies: 100, entries: 100 })).toEqual({ bodies: 0, entries: 0 });
      await underTest.claim(after(60));
      await inbox.settle([id], { outcome: 'applied' }, after(60));
      expect(await retain({ bodies: 60, entries: 60 })).toEqual({ bodies: 0, entries: 0 });
      expect(await retain({ bodies: 61, entries: 60 })).toEqual({ bodies: 1, entries: 0 });
    });

    it('leaves the other elements of an array alone, and deletes keys with their entry', async () => {
      const { inbox } = underTest;
      await inbox.put(requestOf([{ keys: ['event:1'] }, { keys: ['event:2'] }]));
      const [first, second] = await underTest.claim(after(0));
      await inbox.settle([first?.id ?? 0], { outcome: 'applied' }, after(1));
      expect(await retain({ bodies: 10, entries: 10, limit: 1 })).toEqual({ bodies: 0, entries: 1 });
      expect(await inbox.find(second?.id ?? 0)).toMatchObject({ body: second?.body });
      await inbox.put(requestOf([{ keys: ['event:1'] }, { keys: ['event:2'] }]));
      expect((await underTest.claim(after(2))).map(({ position }) => position)).toEqual([0]);
    });

    it('erases large bodies a few at a time until none is left', async () => {
      const body = bytesOfText(JSON.stringify({ text: 'x'.repeat(12 * 1024 * 1024) }));
      for (let count = 0; count < 3; count += 1) await underTest.inbox.put(requestOf(body));
      const ids = (await underTest.claim(after(0))).map(({ id }) => id);
      await underTest.inbox.settle(
        ids,
        { outcome: 'injected', reason: 'sale.order,7 by reply token (certain)' },
        after(1),
      );
      const steps: number[] = [];
      for (;;) {
        const { bodies } = await retain({ bodies: 10, entries: 0 });
        if (bodies === 0) break;
        steps.push(bodies);
      }
      expect(steps.length).toBeGreaterThan(1);
      expect((await underTest.inbox.list({})).map(({ isErased }) => isErased)).toEqual([true, true, true]);
    });
  });
}

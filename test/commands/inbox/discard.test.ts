import { describe, expect, it } from 'vitest';
import { runInboxDiscard } from '../../../src/commands/inbox/discard.ts';
import type { InboxDiscardOptions } from '../../../src/commands/inbox/discard.ts';
import { createOperatorInbox, eventBody } from '../../support/inbox/operator-inbox.ts';

async function createInbox() {
  const operator = await createOperatorInbox();
  const discard = (options: Partial<InboxDiscardOptions>) =>
    runInboxDiscard(
      operator.config,
      { ids: [], limit: 100, reason: 'test delivery', dryRun: false, json: false, ...options },
      operator.deps,
    );
  return { ...operator, discard };
}

describe('inbox discard', () => {
  it('ends an entry for good and records when and why', async () => {
    const { put, park, discard, history, find, lines, deps } = await createInbox();
    await put([eventBody('ann@example.com')]);
    const [id = 0] = await park();
    await discard({ ids: [id], reason: 'a test\u001b[2J of\nSweego’s' });
    expect((await history(id)).at(-1)).toEqual({
      at: deps.now(),
      state: 'settled',
      outcome: 'discarded',
      code: null,
      target: null,
      reason: 'discarded: a test\uFFFD[2J of\uFFFDSweego’s',
    });
    expect(await find(id)).toMatchObject({ state: 'settled', isErased: false });
    expect(lines).toEqual([
      expect.stringMatching(/^ID +KIND +WAS +RESULT$/),
      expect.stringMatching(/^\d+ +outbound +parked +discarded$/),
      '1 of 1 entries discarded.',
    ]);
  });

  it('by filter takes what has not ended, and leaves the rest', async () => {
    const { put, park, settle, discard, find, printed } = await createInbox();
    await put([eventBody('ann@example.com')]);
    const [applied = 0] = await settle();
    await put([eventBody('ann@example.com'), eventBody('bob@example.com')]);
    const [parkedOfAnn = 0, parkedOfBob = 0] = await park();
    await discard({ recipient: 'ann@example.com', json: true });
    expect(printed()).toEqual({
      dry_run: false,
      entries: [{ id: parkedOfAnn, kind: 'outbound', was: 'parked', result: 'done' }],
      more: false,
    });
    expect(await find(applied)).toMatchObject({ reason: 'applied' });
    expect(await find(parkedOfBob)).toMatchObject({ state: 'parked' });
  });

  it('says which entries it could not discard, why, and what to do, after doing the others', async () => {
    const { put, park, settle, claim, discard, find, printed } = await createInbox();
    await put([eventBody('ann@example.com')]);
    const [applied = 0] = await settle();
    await put([eventBody('bob@example.com')]);
    const [parked = 0] = await park();
    await put([eventBody('carl@example.com')]);
    const [claimed = 0] = await claim();
    await expect(discard({ ids: [applied, parked, claimed, 99, parked], json: true })).rejects.toMatchObject({
      code: 'INBOX_ENTRIES_UNCHANGED',
      retry: 'later',
      message:
        `3 of 4 entries could not be discarded. ${applied}: has ended already; there is nothing left to do. ` +
        `${claimed}: a worker has it now; try again in a moment (without a running serve: start it, which gives ` +
        'them back). 99: no such entry; see which there are with: sweego-odoo-bridge inbox list.',
    });
    expect((printed()['entries'] as { result: string }[]).map(({ result }) => result)).toEqual([
      'settled',
      'done',
      'claimed',
      'unknown',
    ]);
    expect(await find(parked)).toMatchObject({ state: 'settled' });
    expect(await find(claimed)).toMatchObject({ state: 'claimed' });
  });

  it('with --dry-run predicts exactly what it would do, and changes nothing', async () => {
    const { put, park, claim, discard, find, lines, history } = await createInbox();
    await put([eventBody('ann@example.com')]);
    const [parked = 0] = await park();
    await put([eventBody('bob@example.com')]);
    const [claimed = 0] = await claim();
    const before = await history(parked);
    await expect(discard({ ids: [parked, claimed], dryRun: true })).rejects.toMatchObject({
      code: 'INBOX_ENTRIES_UNCHANGED',
    });
    expect(lines.at(-1)).toBe('1 of 2 entries would be discarded.');
    expect(await find(parked)).toMatchObject({ state: 'parked' });
    expect(await history(parked)).toEqual(before);
  });

  it.each([
    [{}, 'no entries. Give either'],
    [{ limit: 5 }, 'no entries. Give either'],
    [{ ids: [1], states: ['parked' as const] }, 'both numbers of entries and filters'],
  ])('refuses a selection that might be a slip: %j', async (options, told) => {
    const { put, park, discard, find } = await createInbox();
    await put([eventBody('ann@example.com')]);
    const [id = 0] = await park();
    await expect(discard(options)).rejects.toMatchObject({
      code: 'INBOX_SELECTION_INVALID',
      message: expect.stringContaining(told) as string,
    });
    expect(await find(id)).toMatchObject({ state: 'parked' });
  });

  it.each(['', '  ', 'x'.repeat(201)])('refuses the reason %j', async (reason) => {
    const { discard } = await createInbox();
    await expect(discard({ ids: [1], reason })).rejects.toMatchObject({
      code: 'INBOX_OPTION_INVALID',
      message: expect.stringContaining('Say in a few words why') as string,
    });
  });
});

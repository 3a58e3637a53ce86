import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runInboxList } from '../../../src/commands/inbox/list.ts';
import type { InboxListOptions } from '../../../src/commands/inbox/list.ts';
import { createOperatorInbox, eventBody, replyBody } from '../../support/inbox/operator-inbox.ts';

/** One parked event of Ann, one applied event of Bob, one reply of Ann, one unprocessed webhook. */
async function createFilledInbox() {
  const operator = await createOperatorInbox();
  await operator.put([eventBody('ann@example.com')]);
  const [parkedId = 0] = await operator.park({ code: 'EVENT_UNMATCHABLE', reason: 'no Message-Id' });
  await operator.put([
    eventBody('bob@example.com', { headers: { 'x-message-id': '<other@odoo.example.com>' } }),
  ]);
  const [appliedId = 0] = await operator.settle();
  await operator.put([replyBody('Ann@Example.com')], 'inbound');
  await operator.claim();
  await operator.put(['later']);
  const replyId = appliedId + 1;
  const list = (options: Partial<InboxListOptions> = {}) =>
    runInboxList(operator.config, { limit: 100, json: false, ...options }, operator.deps);
  const listedIds = async (options: Partial<InboxListOptions>) => {
    await list({ ...options, json: true });
    return (operator.printed()['entries'] as { id: number }[]).map(({ id }) => id);
  };
  return { ...operator, list, listedIds, parkedId, appliedId, replyId };
}

describe('inbox list', () => {
  it('shows state, reason, kind, age and attempts as a table, and no body', async () => {
    const { list, lines } = await createFilledInbox();
    await list();
    expect(lines).toEqual([
      expect.stringMatching(/^ID +KIND +STATE +ATTEMPTS +AGE +REASON$/),
      expect.stringMatching(/^\d+ +inbound +received +0 +3h /),
      expect.stringMatching(/^\d+ +outbound +settled +0 +3h +applied$/),
      expect.stringMatching(/^\d+ +outbound +parked +0 +3h +EVENT_UNMATCHABLE: no Message-Id$/),
      '3 shown. The inbox holds 1 unprocessed webhooks, 1 received, 0 claimed, 0 waiting, 1 settled, 1 parked.',
    ]);
  });

  it('prints JSON whose names programs depend on', async () => {
    const { list, printed, parkedId } = await createFilledInbox();
    await list({ states: ['parked'], kinds: ['outbound'], json: true });
    expect(printed()).toEqual({
      unclaimed: 1,
      states: { received: 1, claimed: 0, waiting: 0, settled: 1, parked: 1 },
      entries: [
        {
          id: parkedId,
          kind: 'outbound',
          state: 'parked',
          outcome: null,
          code: 'EVENT_UNMATCHABLE',
          target: null,
          reason: 'EVENT_UNMATCHABLE: no Message-Id',
          attempts: 0,
          waits: 0,
          received_at: '2026-03-01T12:00:00.000Z',
          due_at: null,
          webhook_id: 'w-1',
          request: 1,
          position: null,
          signed_with: 'server:1',
          erased: false,
        },
      ],
      more: false,
    });
  });

  it('finds entries by recipient or sender, by Message-Id, by age, and by all of it together', async () => {
    const { listedIds, parkedId, appliedId, replyId } = await createFilledInbox();
    expect(await listedIds({ recipient: '"Ann" <ANN@example.com>' })).toEqual([replyId, parkedId]);
    expect(await listedIds({ messageId: '1.2-openerp-7-sale.order@odoo.example.com' })).toEqual([parkedId]);
    expect(await listedIds({ messageId: '<other@odoo.example.com>', recipient: 'ann@example.com' })).toEqual(
      [],
    );
    expect(await listedIds({ olderThan: '179m' })).toEqual([parkedId]);
    expect(await listedIds({ newerThan: '179m' })).toEqual([replyId, appliedId]);
    expect(await listedIds({ newerThan: '1d', olderThan: '10740s', states: ['settled'] })).toEqual([]);
  });

  it('says when more match than it shows', async () => {
    const { list, lines, printed } = await createFilledInbox();
    await list({ limit: 2 });
    expect(lines.at(-1)).toContain('2 shown, more match: raise --limit.');
    await list({ limit: 2, json: true });
    expect(printed()).toMatchObject({ more: true });
    await list({ limit: 3, json: true });
    expect(printed()).toMatchObject({ more: false });
  });

  it.each([
    [{ olderThan: '2 weeks' }, '--older-than'],
    [{ newerThan: '-1h' }, '--newer-than'],
    [{ recipient: 'ann' }, '--recipient'],
    [{ messageId: ' ' }, '--message-id'],
  ])('refuses %j and shows what it could be', async (options, name) => {
    const { list, lines } = await createFilledInbox();
    await expect(list(options)).rejects.toMatchObject({
      code: 'INBOX_OPTION_INVALID',
      message: expect.stringMatching(new RegExp(`^The value of ${name} .*Give one like `)) as string,
    });
    expect(lines).toEqual([]);
  });

  it('makes no file for a mistyped path, and names the path', async () => {
    const { config, deps, directory } = await createOperatorInbox();
    const path = join(directory, 'data', 'bridge.sqlit');
    const mistyped = { ...config, databaseUrl: `file:${path}` };
    await expect(runInboxList(mistyped, { limit: 9, json: false }, deps)).rejects.toMatchObject({
      code: 'INBOX_FILE_MISSING',
      message: expect.stringContaining(`${path}. Set DATABASE_URL to the file that serve uses`) as string,
    });
    expect(existsSync(join(directory, 'data'))).toBe(false);
  });
});

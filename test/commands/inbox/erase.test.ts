import { describe, expect, it } from 'vitest';
import { runInboxErase } from '../../../src/commands/inbox/erase.ts';
import type { InboxEraseOptions } from '../../../src/commands/inbox/erase.ts';
import { createOperatorInbox, eventBody, replyBody } from '../../support/inbox/operator-inbox.ts';

async function createInbox() {
  const operator = await createOperatorInbox();
  const erase = (options: Partial<InboxEraseOptions> = {}) =>
    runInboxErase(
      operator.config,
      { recipient: 'ann@example.com', dryRun: false, json: false, ...options },
      operator.deps,
    );
  return { ...operator, erase };
}

describe('inbox erase', () => {
  it('removes the bodies of a person’s events and replies, of any state, and nobody else’s', async () => {
    const { put, park, settle, erase, find, entries } = await createInbox();
    await put([eventBody('ann@example.com'), eventBody('bob@example.com')]);
    const [applied = 0, ofBob = 0] = await settle();
    await put([eventBody('Ann@Example.com', { event_type: 'delivered' })]);
    const [parked = 0] = await park();
    await put([replyBody('ann@example.com')], 'inbound');
    await erase({ recipient: 'Ann <ANN@example.com>' });
    const erased = (await entries()).filter(({ isErased }) => isErased);
    expect(erased.map(({ kind }) => kind)).toEqual(['inbound', 'outbound', 'outbound']);
    expect((await find(applied))?.body).toHaveLength(0);
    expect((await find(ofBob))?.body.byteLength).toBeGreaterThan(0);
    expect(await find(parked)).toMatchObject({ state: 'settled', reason: 'discarded: erased' });
  });

  it('reaches what nobody has looked at yet, and each element of a list', async () => {
    const { put, erase, entries, printed } = await createInbox();
    await put([`[${eventBody('ann@example.com')},${eventBody('bob@example.com')}]`]);
    await erase({ json: true });
    expect(printed()).toMatchObject({
      dry_run: false,
      entries: [{ kind: 'outbound', was: 'received', result: 'done' }],
      unclaimed: 0,
    });
    expect((await entries()).map(({ isErased }) => isErased)).toEqual([false, true]);
  });

  it('tells what it ended before Odoo had it, and what it does not reach', async () => {
    const { put, park, erase, lines } = await createInbox();
    await put([eventBody('ann@example.com')]);
    await park();
    await erase();
    expect(lines.slice(-3)).toEqual([
      '1 of 1 entries erased.',
      '1 of them had not been brought to Odoo, and never will be.',
      expect.stringMatching(/^Not touched: Odoo's own records/),
    ]);
  });

  it('leaves alone what a worker has in hand, and fails saying so', async () => {
    const { put, claim, erase, find } = await createInbox();
    await put([eventBody('ann@example.com')]);
    const [id = 0] = await claim();
    await expect(erase()).rejects.toMatchObject({
      code: 'INBOX_ENTRIES_UNCHANGED',
      message: expect.stringContaining(`${id}: a worker has it now; try again in a moment`) as string,
    });
    expect((await find(id))?.body.byteLength).toBeGreaterThan(0);
  });

  it('with --dry-run changes nothing, and says what it cannot know yet', async () => {
    const { put, park, erase, find, lines, use } = await createInbox();
    await put([eventBody('ann@example.com')]);
    const [id = 0] = await park();
    await put([eventBody('ann@example.com', { event_type: 'delivered' })]);
    await erase({ dryRun: true });
    expect(lines).toContain('1 of 1 entries would be erased.');
    expect(lines).toContain('Unprocessed webhooks: 1. The real run checks them too.');
    expect(await find(id)).toMatchObject({ state: 'parked', isErased: false });
    expect(await use((inbox) => inbox.status())).toMatchObject({ unclaimed: 1 });
  });

  it('fails when nothing names the address, and refuses what is no address', async () => {
    const { put, erase } = await createInbox();
    await put([eventBody('bob@example.com')]);
    await expect(erase()).rejects.toMatchObject({ code: 'INBOX_NOTHING_MATCHED' });
    await expect(erase({ recipient: 'ann' })).rejects.toMatchObject({ code: 'INBOX_OPTION_INVALID' });
  });
});

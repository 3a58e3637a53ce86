import { beforeAll, describe, expect, test } from 'vitest';
import type { SentMessage } from '../../../demo/order-mails.ts';
import type { HistoryEvent } from '../../../src/odoo/message-state.ts';
import { decideMessage } from '../../../src/rules/delivery/message-outcome.ts';
import { historyEvent, odooFacts } from '../../support/odoo/message-states.ts';
import { changeOf, mailsIn } from './world.ts';
import type { ActionsWorld } from './world.ts';

const ann = 'ann@customer.example.com';
const bob = 'bob@customer.example.com';
const carl = 'carl@customer.example.com';

/** Whether a mail that failed for some of its recipients waits for reports about the others. */
export function describePartial(opened: () => ActionsWorld): void {
  describe('mails that failed for some recipients', () => {
    let world: ActionsWorld;
    beforeAll(() => {
      world = opened();
    });

    const { findPending, isPending, report, retry } = stepsFor(opened);

    test('wait for a recipient without a report, and stop waiting when it arrives', async () => {
      const message = await world.send([world.ann, world.bob]);
      await report(message, historyEvent('email_sent', ann), historyEvent('hard_bounce', ann));
      expect((await world.readOne(message)).mails).toMatchObject([{ state: 'exception' }]);
      expect((await findPending(message))?.events).toEqual([
        [`01-${ann}`, 'email_sent', null],
        [`01-${ann}`, 'hard_bounce', 'hard'],
      ]);
      await report(message, historyEvent('delivered', bob));
      expect(await isPending(message)).toBe(false);
    });

    test.each([
      ['email_sent', true],
      ['list_unsub', true],
      ['soft_bounce', true],
      ['email_opened', false],
      ['clicked_unsub', false],
      ['complaint', false],
      ['hard_bounce', false],
    ])('after one recipient’s hard bounce and another’s %s, still wait: %s', async (type, expected) => {
      const message = await world.send([world.ann, world.bob]);
      await report(message, historyEvent('hard_bounce', ann), historyEvent(type, bob));
      expect(await isPending(message)).toBe(expected);
    });

    test('do not wait when they failed inside Odoo, because Sweego reports nothing about them', async () => {
      const message = await world.send([world.ann, world.bob]);
      const state = await world.readOne(message);
      const failed = { notification_status: 'exception', failure_type: 'mail_smtp' } as const;
      const change = {
        ...changeOf(state),
        notification_writes: state.notifications.map(({ id }) => ({ id, values: failed })),
        mail_writes: mailsIn(state, { state: 'exception', failure_type: 'mail_smtp' }),
      };
      expect(await world.actions.apply([change])).toEqual(['applied']);
      expect(await isPending(message)).toBe(false);
    });

    test('wait again after a Retry, until every recipient of the Retry has a report', async () => {
      const message = await world.send([world.ann, world.bob]);
      await report(message, historyEvent('hard_bounce', ann), historyEvent('hard_bounce', bob));
      expect(await isPending(message)).toBe(false);
      await retry(message);
      expect(await isPending(message)).toBe(true);
      await report(message, eventAfterRetry('hard_bounce', ann));
      expect((await world.readOne(message)).mails).toMatchObject([{ state: 'exception' }]);
      expect(await isPending(message)).toBe(true);
      await report(message, eventAfterRetry('hard_bounce', bob));
      expect(await isPending(message)).toBe(false);
    });

    test('stop waiting when the only recipient of a Retry bounces again', async () => {
      const message = await world.send([world.ann, world.bob]);
      await report(message, historyEvent('hard_bounce', ann), historyEvent('delivered', bob));
      await retry(message);
      await report(message, eventAfterRetry('hard_bounce', ann));
      expect(await isPending(message)).toBe(false);
    });
  });
}

/** The same for recipients without a notification. The stand-in decides by notifications, so it cannot run this. */
export function describePartialAddresses(opened: () => ActionsWorld): void {
  describe('mails that failed for an address without a notification', () => {
    let world: ActionsWorld;
    beforeAll(() => {
      world = opened();
    });
    const { isPending, report, retry } = stepsFor(opened);

    test('wait for a Cc address, which Odoo records only on the mail', async () => {
      const message = await world.sendDirect(
        `"Example, Ann" <${ann}>, ${bob}`,
        `Carl <Carl@Customer.example.com>`,
      );
      await report(message, historyEvent('hard_bounce', ann), historyEvent('delivered', bob));
      expect((await world.readOne(message)).mails).toMatchObject([{ state: 'exception', email_cc: null }]);
      expect(await isPending(message)).toBe(true);
      await report(message, historyEvent('email_sent', carl));
      expect(await isPending(message)).toBe(true);
      await report(message, historyEvent('delivered', carl));
      expect(await isPending(message)).toBe(false);
    });

    test('wait again after a Retry, although Odoo does not reset their notifications', async () => {
      const message = await world.sendDirect(ann, carl);
      await report(message, historyEvent('hard_bounce', ann), historyEvent('hard_bounce', carl));
      expect(await isPending(message)).toBe(false);
      await retry(message);
      expect(await isPending(message)).toBe(true);
      await report(message, eventAfterRetry('hard_bounce', ann));
      expect((await world.readOne(message)).mails).toMatchObject([{ state: 'exception', email_cc: null }]);
      expect(await isPending(message)).toBe(true);
      await report(message, eventAfterRetry('hard_bounce', carl));
      expect(await isPending(message)).toBe(false);
    });
  });
}

function stepsFor(opened: () => ActionsWorld) {
  async function findPending(message: SentMessage) {
    for (let cursor: string | null = null; ;) {
      const page = await opened().actions.pending(cursor);
      const own = page.messages.find(({ message_id }) => message_id === message.messageId);
      cursor = page.next;
      if (own !== undefined || cursor === null) return own;
    }
  }
  const isPending = async (message: SentMessage) => (await findPending(message)) !== undefined;

  /** Applies these events as the bridge does when webhooks report them. */
  async function report(message: SentMessage, ...events: readonly HistoryEvent[]) {
    const { change } = decideMessage(await opened().readOne(message), events, odooFacts);
    if (change === undefined) throw new Error('Nothing new was reported.');
    expect(await opened().actions.apply([change])).toEqual(['applied']);
  }

  async function retry(message: SentMessage) {
    const ids = (await opened().readOne(message)).mails.map(({ id }) => id);
    await opened().call('mail.mail', 'mark_outgoing', ids);
    await opened().call('mail.mail', 'send', ids);
    expect((await opened().readOne(message)).mails).toMatchObject([{ state: 'sent' }]);
  }

  return { findPending, isPending, report, retry };
}

/** An event of the mail that a Retry has sent. */
const eventAfterRetry = (type: string, address: string) =>
  historyEvent(type, address, { swg_uid: `02-${address}`, at: new Date('2026-11-01T11:00:00Z') });

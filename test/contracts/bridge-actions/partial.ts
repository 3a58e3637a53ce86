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

/** Whether a mail that failed for some of its recipients waits for word about the others. */
export function describePartial(opened: () => ActionsWorld): void {
  describe('pending mails that failed for somebody', () => {
    let world: ActionsWorld;
    beforeAll(() => {
      world = opened();
    });

    const { found, waits, tell, retry } = stepsOn(opened);

    test('wait for who has no word yet, and no more once he has it', async () => {
      const message = await world.send([world.ann, world.bob]);
      await tell(message, historyEvent('email_sent', ann), historyEvent('hard_bounce', ann));
      expect((await world.readOne(message)).mails).toMatchObject([{ state: 'exception' }]);
      expect((await found(message))?.events).toEqual([
        [`01-${ann}`, 'email_sent', null],
        [`01-${ann}`, 'hard_bounce', 'hard'],
      ]);
      await tell(message, historyEvent('delivered', bob));
      expect(await waits(message)).toBe(false);
    });

    test.each([
      ['email_sent', true],
      ['list_unsub', true],
      ['soft_bounce', true],
      ['email_opened', false],
      ['clicked_unsub', false],
      ['complaint', false],
      ['hard_bounce', false],
    ])('after another’s hard bounce, %s leaves them waiting: %s', async (type, expected) => {
      const message = await world.send([world.ann, world.bob]);
      await tell(message, historyEvent('hard_bounce', ann), historyEvent(type, bob));
      expect(await waits(message)).toBe(expected);
    });

    test('are none that failed within Odoo, of which Sweego told nothing', async () => {
      const message = await world.send([world.ann, world.bob]);
      const state = await world.readOne(message);
      const failed = { notification_status: 'exception', failure_type: 'mail_smtp' } as const;
      const change = {
        ...changeOf(state),
        notification_writes: state.notifications.map(({ id }) => ({ id, values: failed })),
        mail_writes: mailsIn(state, { state: 'exception', failure_type: 'mail_smtp' }),
      };
      expect(await world.actions.apply([change])).toEqual(['applied']);
      expect(await waits(message)).toBe(false);
    });

    test('wait again after a Retry, until all to whom it was sent have word of it', async () => {
      const message = await world.send([world.ann, world.bob]);
      await tell(message, historyEvent('hard_bounce', ann), historyEvent('hard_bounce', bob));
      expect(await waits(message)).toBe(false);
      await retry(message);
      expect(await waits(message)).toBe(true);
      await tell(message, again('hard_bounce', ann));
      expect((await world.readOne(message)).mails).toMatchObject([{ state: 'exception' }]);
      expect(await waits(message)).toBe(true);
      await tell(message, again('hard_bounce', bob));
      expect(await waits(message)).toBe(false);
    });

    test('wait no more after a Retry to one of them that bounced again', async () => {
      const message = await world.send([world.ann, world.bob]);
      await tell(message, historyEvent('hard_bounce', ann), historyEvent('delivered', bob));
      await retry(message);
      await tell(message, again('hard_bounce', ann));
      expect(await waits(message)).toBe(false);
    });
  });
}

/** The same of recipients whom no notification names: the stand-in decides by notifications alone. */
export function describePartialAddresses(opened: () => ActionsWorld): void {
  describe('pending mails that failed for an address', () => {
    let world: ActionsWorld;
    beforeAll(() => {
      world = opened();
    });
    const { waits, tell, retry } = stepsOn(opened);

    test('wait for a Cc address, of which Odoo keeps nothing but the mail', async () => {
      const message = await world.sendDirect(
        `"Example, Ann" <${ann}>, ${bob}`,
        `Carl <Carl@Customer.example.com>`,
      );
      await tell(message, historyEvent('hard_bounce', ann), historyEvent('delivered', bob));
      expect((await world.readOne(message)).mails).toMatchObject([{ state: 'exception', email_cc: null }]);
      expect(await waits(message)).toBe(true);
      await tell(message, historyEvent('email_sent', carl));
      expect(await waits(message)).toBe(true);
      await tell(message, historyEvent('delivered', carl));
      expect(await waits(message)).toBe(false);
    });

    test('wait again after a Retry of addresses too, whose rows Odoo does not clear', async () => {
      const message = await world.sendDirect(ann, carl);
      await tell(message, historyEvent('hard_bounce', ann), historyEvent('hard_bounce', carl));
      expect(await waits(message)).toBe(false);
      await retry(message);
      expect(await waits(message)).toBe(true);
      await tell(message, again('hard_bounce', ann));
      expect((await world.readOne(message)).mails).toMatchObject([{ state: 'exception', email_cc: null }]);
      expect(await waits(message)).toBe(true);
      await tell(message, again('hard_bounce', carl));
      expect(await waits(message)).toBe(false);
    });
  });
}

function stepsOn(opened: () => ActionsWorld) {
  async function found(message: SentMessage) {
    for (let cursor: string | null = null; ;) {
      const page = await opened().actions.pending(cursor);
      const own = page.messages.find(({ message_id }) => message_id === message.messageId);
      cursor = page.next;
      if (own !== undefined || cursor === null) return own;
    }
  }
  const waits = async (message: SentMessage) => (await found(message)) !== undefined;

  /** As the bridge does when webhooks report these events. */
  async function tell(message: SentMessage, ...events: readonly HistoryEvent[]) {
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

  return { found, waits, tell, retry };
}

/** A report about the mail that a Retry has sent. */
const again = (type: string, address: string) =>
  historyEvent(type, address, { swg_uid: `02-${address}`, at: new Date('2026-11-01T11:00:00Z') });

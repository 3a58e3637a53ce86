import { beforeAll, describe, expect, test } from 'vitest';
import type { MessageChange } from '../../../src/odoo/message-change.ts';
import type { MessageState } from '../../../src/odoo/message-state.ts';
import { changeOf, failing, mailsIn } from './world.ts';
import type { ActionsWorld } from './world.ts';

/** What `read` returns for a message, and what `apply` writes. */
export function describeChanges(opened: () => ActionsWorld): void {
  describe('reading and changing a message', () => {
    let world: ActionsWorld;
    beforeAll(() => {
      world = opened();
    });

    test('reads a sent mail with its recipients, and nothing for an unknown Message-Id', async () => {
      const message = await world.send([world.ann, world.bob]);
      const { messages, gone } = await world.actions.read([message.messageId, '<nobody@example.com>']);
      expect(gone).toEqual([]);
      expect(messages).toHaveLength(1);
      expect(messages[0]).toMatchObject({
        message_id: message.messageId,
        id: message.id,
        model: 'sale.order',
        res_id: message.orderId,
        mails: [
          {
            state: 'sent',
            is_notification: true,
            auto_delete_requested: true,
            confirmed: false,
            original_recipients: null,
          },
        ],
        events: [],
      });
      const state = await world.readOne(message);
      const recipients = [...(state.mails[0]?.recipients ?? [])];
      expect(recipients.sort((one, other) => one.partner_id - other.partner_id)).toEqual([
        { partner_id: world.ann, address: 'ann@customer.example.com' },
        { partner_id: world.bob, address: 'bob@customer.example.com' },
      ]);
      expect(state.notifications.map((row) => [row.address, row.status, row.mail_id]).sort()).toEqual([
        ['ann@customer.example.com', 'sent', state.mails[0]?.id],
        ['bob@customer.example.com', 'sent', state.mails[0]?.id],
      ]);
    });

    test('writes the failed recipient and the mail, and leaves the other recipient unchanged', async () => {
      const message = await world.send([world.ann, world.bob]);
      const state = await world.readOne(message);
      const result = await world.actions.apply([
        {
          ...changeOf(state),
          notification_writes: [
            {
              id: idOf(state, 'bob@customer.example.com'),
              values: {
                notification_status: 'exception',
                failure_type: 'mail_email_invalid',
                failure_reason: '550 5.1.1',
                x_sweego_status: 'hard_bounce',
                x_sweego_status_at: '2026-01-02 03:04:05',
                x_sweego_uid: '01-bob',
                x_sweego_transaction_id: 'transaction',
              },
            },
          ],
          mail_writes: mailsIn(state, {
            state: 'exception',
            failure_type: 'mail_email_invalid',
          }),
          refresh: true,
        },
      ]);
      expect(result).toEqual(['applied']);
      expect(await world.mails.mailsOf(message.id)).toMatchObject([
        { state: 'exception', failure_type: 'mail_email_invalid' },
      ]);
      const after = await world.readOne(message);
      const row = (address: string) => after.notifications.find((one) => one.address === address);
      expect(row('bob@customer.example.com')).toMatchObject({
        status: 'exception',
        failure_type: 'mail_email_invalid',
        sweego_status: 'hard_bounce',
        sweego_status_at: new Date('2026-01-02T03:04:05Z'),
        sweego_uid: '01-bob',
        sweego_transaction_id: 'transaction',
      });
      expect(row('ann@customer.example.com')).toMatchObject({ status: 'sent', sweego_uid: null });
    });

    test('refuses a change when the message has changed since it was read', async () => {
      const message = await world.send([world.ann]);
      const state = await world.readOne(message);
      expect(await world.actions.apply([failing(state)])).toEqual(['applied']);
      expect(await world.actions.apply([failing(state)])).toEqual(['stale']);

      const expected = changeOf(await world.readOne(message));
      const otherUid: MessageChange = {
        ...expected,
        expect: {
          ...expected.expect,
          notifications: expected.expect.notifications.map((row) => ({ ...row, uid: '01-other' })),
        },
      };
      const otherMails: MessageChange = { ...expected, expect: { ...expected.expect, mails: [] } };
      expect(await world.actions.apply([otherUid, otherMails, expected])).toEqual([
        'stale',
        'stale',
        'applied',
      ]);
    });

    test('reports that a message is gone, and still applies the rest of the batch', async () => {
      const removed = await world.send([world.ann]);
      const kept = await world.send([world.bob]);
      const states = await Promise.all([world.readOne(removed), world.readOne(kept)]);
      await world.odoo.admin.call({ model: 'sale.order', method: 'unlink', ids: [removed.orderId] });
      expect(await world.actions.read([removed.messageId])).toEqual({ messages: [], gone: [] });
      expect(await world.actions.apply(states.map((state) => failing(state)))).toEqual(['gone', 'applied']);
      expect(await world.statusesOf(kept)).toEqual(['exception']);
    });

    test('rolls back the whole batch when one change fails', async () => {
      const good = await world.send([world.ann]);
      const bad = await world.send([world.bob]);
      const wrong = failing(await world.readOne(bad), 'no_such_failure');
      await expect(world.actions.apply([failing(await world.readOne(good)), wrong])).rejects.toMatchObject({
        code: 'ODOO_VALUE',
        scope: 'entry',
      });
      expect(await world.statusesOf(good)).toEqual(['sent']);
      expect(await world.statusesOf(bad)).toEqual(['sent']);
    });

    test('writes no record of another message', async () => {
      const message = await world.send([world.ann]);
      const other = await world.send([world.bob]);
      const state = await world.readOne(message);
      const foreign = await world.readOne(other);
      const foreignRow = { ...changeOf(state), notification_writes: failing(foreign).notification_writes };
      const foreignMail = { ...changeOf(state), mail_unlinks: foreign.mails.map((mail) => mail.id) };
      for (const change of [foreignRow, foreignMail]) {
        await expect(world.actions.apply([change])).rejects.toMatchObject({ scope: 'entry', retry: 'never' });
      }
      expect(await world.readOne(message)).toEqual(state);
      expect(await world.readOne(other)).toEqual(foreign);
    });

    test('creates a notification without a partner for a recipient that has none', async () => {
      const message = await world.send([world.ann]);
      const state = await world.readOne(message);
      const [mail] = state.mails;
      const created = await world.actions.apply([
        {
          ...changeOf(state),
          notification_creates: [
            {
              mail_id: mail?.id ?? null,
              mail_email_address: 'bob@customer.example.com',
              values: { notification_status: 'exception', failure_type: 'unknown', x_sweego_uid: '01-bob' },
            },
          ],
        },
      ]);
      expect(created).toEqual(['applied']);
      const rows = await world.mails.notificationsOf(message.id);
      expect(rows).toHaveLength(2);
      expect(rows[1]).toMatchObject({
        res_partner_id: false,
        mail_email_address: 'bob@customer.example.com',
        notification_status: 'exception',
      });
      expect((await world.readOne(message)).notifications[1]).toMatchObject({
        mail_id: mail?.id,
        address: 'bob@customer.example.com',
        recorded_address: 'bob@customer.example.com',
        sweego_uid: '01-bob',
      });
    });

    test('deletes a delivered notification mail and keeps its message and notifications', async () => {
      const message = await world.send([world.ann]);
      const state = await world.readOne(message);
      const unlinks = state.mails.map((mail) => mail.id);
      expect(await world.actions.apply([{ ...changeOf(state), mail_unlinks: unlinks }])).toEqual(['applied']);
      expect(await world.mails.mailsOf(message.id)).toEqual([]);
      const after = await world.readOne(message);
      expect(after.mails).toEqual([]);
      expect(after.notifications).toMatchObject([{ status: 'sent', mail_id: null }]);
    });
  });
}

function idOf(state: MessageState, address: string): number {
  const row = state.notifications.find((one) => one.address === address);
  if (row === undefined) throw new Error('No notification for this address.');
  return row.id;
}

import { beforeAll, describe, expect, test } from 'vitest';
import type { MailValues } from '../../../src/odoo/message-change.ts';
import { changeOf, failing, mailsIn } from './world.ts';
import type { ActionsWorld } from './world.ts';

/** What the actions promise for a mail that keeps only its failed recipients, so that a user can Retry. */
export function describeRetry(opened: () => ActionsWorld): void {
  describe('a mail that failed for some of its recipients', () => {
    let world: ActionsWorld;
    beforeAll(() => {
      world = opened();
    });
    const retry = async (mailId: number) => {
      await world.call('mail.mail', 'mark_outgoing', [mailId]);
      await world.call('mail.mail', 'send', [mailId]);
    };
    const recipientsOf = (messageId: string) =>
      world.sink.mails
        .filter((mail) => mail.headers['message-id'] === messageId)
        .map((mail) => mail.recipient)
        .sort();
    const failedWith = (values: MailValues): MailValues => ({
      state: 'exception',
      failure_type: 'unknown',
      ...values,
    });

    test('is sent again by Odoo’s Retry only to the recipients it keeps, and then counts as sent', async () => {
      const message = await world.send([world.ann, world.bob]);
      const state = await world.readOne(message);
      const [mail] = state.mails;
      const original = '{"partners":[]}';
      const values = failedWith({ recipient_ids: [world.bob], x_sweego_original_recipients: original });
      const change = { ...failing(state), mail_writes: mailsIn(state, values) };
      expect(await world.actions.apply([change])).toEqual(['applied']);
      expect((await world.readOne(message)).mails).toMatchObject([
        {
          state: 'exception',
          recipients: [{ partner_id: world.bob, address: 'bob@customer.example.com' }],
          original_recipients: original,
        },
      ]);

      await retry(mail?.id ?? 0);
      expect(recipientsOf(message.messageId)).toEqual([
        'ann@customer.example.com',
        'bob@customer.example.com',
        'bob@customer.example.com',
      ]);
      expect(await world.statusesOf(message)).toEqual(['sent', 'sent']);
      expect((await world.readOne(message)).mails).toMatchObject([
        { state: 'sent', original_recipients: original },
      ]);
    });

    test('gets its full list of recipients back', async () => {
      const message = await world.send([world.ann, world.bob]);
      const full = await world.readOne(message);
      const values = failedWith({ recipient_ids: [world.bob], x_sweego_original_recipients: '{}' });
      await world.actions.apply([{ ...changeOf(full), mail_writes: mailsIn(full, values) }]);
      const reduced = await world.readOne(message);
      const restored: MailValues = {
        state: 'sent',
        failure_type: false,
        recipient_ids: [world.ann, world.bob],
        x_sweego_original_recipients: false,
      };
      await world.actions.apply([{ ...changeOf(reduced), mail_writes: mailsIn(reduced, restored) }]);
      expect((await world.readOne(message)).mails).toEqual(full.mails);
    });

    test('can keep its failed recipients by address, and its Retry leaves the notification of the bridge unchanged', async () => {
      const message = await world.sendDirect(
        '"Ann" <ann@customer.example.com>, bob@customer.example.com',
        'carl@customer.example.com',
      );
      const state = await world.readOne(message);
      expect(state).toMatchObject({
        notifications: [],
        mails: [
          {
            state: 'sent',
            is_notification: false,
            auto_delete_requested: true,
            recipients: [],
            email_to: '"Ann" <ann@customer.example.com>, bob@customer.example.com',
            email_cc: 'carl@customer.example.com',
          },
        ],
      });
      const values = failedWith({ email_to: 'bob@customer.example.com', email_cc: false });
      const created = {
        mail_id: message.mailId,
        mail_email_address: 'bob@customer.example.com',
        values: { notification_status: 'exception', failure_type: 'unknown' } as const,
      };
      const change = {
        ...changeOf(state),
        mail_writes: mailsIn(state, values),
        notification_creates: [created],
      };
      expect(await world.actions.apply([change])).toEqual(['applied']);
      expect((await world.readOne(message)).mails).toMatchObject([
        { email_to: 'bob@customer.example.com', email_cc: null },
      ]);

      await retry(message.mailId);
      expect(recipientsOf(message.messageId)).toEqual([
        'ann@customer.example.com',
        'bob@customer.example.com',
        'bob@customer.example.com',
        'carl@customer.example.com',
      ]);
      const after = await world.readOne(message);
      expect(after.mails).toMatchObject([{ state: 'sent' }]);
      expect(after.notifications).toMatchObject([{ status: 'exception', mail_id: message.mailId }]);
    });
  });
}

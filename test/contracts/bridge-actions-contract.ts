import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOrderMails, type OrderMails, type SentMessage } from '../../demo/order-mails.ts';
import { startSmtpSink, type SmtpSink } from '../../demo/smtp-sink.ts';
import { createBridgeActions, type BridgeActions } from '../../src/odoo/bridge-actions.ts';
import type { Odoo } from '../../src/odoo/odoo.ts';
import type { MessageChange, MessageState } from '../../src/rules/message-state.ts';

/** A provisioned Odoo 19, whichever: as its administrator and as the bridge's own user. */
export type ProvisionedOdoo = {
  admin: Odoo;
  bridge: Odoo;
  close(): Promise<void>;
};

const secret = Buffer.from('the outbound secret of the contract suite 48 byte').toString('base64');
const sender = '"Example Sales" <sales@contract.example.com>';

/** What the provisioned actions promise, on the stand-in and on a real Odoo alike. */
export function describeBridgeActions(name: string, open: () => Promise<ProvisionedOdoo>): void {
  describe(`the bridge's actions on ${name}`, () => {
    let odoo: ProvisionedOdoo;
    let sink: SmtpSink;
    let mails: OrderMails;
    let actions: BridgeActions;
    let serverId: number;
    let ann: number;
    let bob: number;

    beforeAll(async () => {
      sink = await startSmtpSink();
      odoo = await open();
      mails = createOrderMails(odoo.admin);
      actions = createBridgeActions(odoo.bridge);
      serverId = await mails.createMailServer({
        name: 'Sweego of the contract suite',
        smtp_host: '127.0.0.1',
        smtp_port: sink.port,
        from_filter: 'contract.example.com',
        x_sweego_enabled: true,
        x_sweego_outbound_webhook_secret: secret,
        x_sweego_delete_on_sent: true,
      });
      ann = await mails.createContact('Ann Example', 'Ann@Customer.example.com');
      bob = await mails.createContact('Bob Example', 'bob@customer.example.com');
    }, 60_000);
    afterAll(async () => {
      await odoo.close();
      await sink.close();
    });

    const send = async (partners: readonly number[]): Promise<SentMessage & { orderId: number }> => {
      const order = await mails.createOrder(await mails.createContact('Example Shop', 'shop@example.com'));
      const message = await mails.postMessage(order.id, partners, { emailFrom: sender });
      return { ...message, orderId: order.id };
    };
    const readOne = async (message: SentMessage): Promise<MessageState> => {
      const [state] = (await actions.read([message.messageId])).messages;
      if (state === undefined) throw new Error('The message is not there.');
      return state;
    };
    const statuses = async (message: SentMessage) =>
      (await mails.notificationsOf(message.id)).map((row) => row.notification_status);

    test('tells what the administrator typed into Odoo, and which values this Odoo knows', async () => {
      const settings = await actions.settings();
      expect(settings.servers.find((server) => server.id === serverId)).toMatchObject({
        from_filter: 'contract.example.com',
        outbound_secrets: [secret],
        inbound_secrets: [],
        delete_on_sent: true,
        show_auto_replies: false,
      });
      expect(settings.failure_types.mail).toContain('mail_email_invalid');
      expect(settings.failure_types.mail).not.toContain('mail_bounce');
      expect(settings.failure_types.notification).toContain('mail_bounce');
      expect(settings.languages).toContain('en_US');
    });

    test('refuses the actions to a user outside the bridge group', async () => {
      const [, id] = (await odoo.bridge.call({
        model: 'ir.model.data',
        method: 'check_object_reference',
        arguments: { module: 'sweego_bridge', xml_id: 'action_settings' },
      })) as [string, number];
      const run = odoo.admin.call({
        model: 'ir.actions.server',
        method: 'run',
        ids: [id],
        context: { sweego_bridge: {} },
      });
      await expect(run).rejects.toMatchObject({ code: 'ODOO_ACCESS' });
    });

    test('shows the bridge’s user no mail, envelope or mail server outside its actions', async () => {
      await send([ann]);
      const look = (model: string) =>
        odoo.bridge.call({ model, method: 'search_read', arguments: { domain: [], fields: ['id'] } });
      for (const model of ['mail.mail', 'ir.mail_server', 'ir.config_parameter']) {
        await expect(look(model), model).rejects.toMatchObject({ code: 'ODOO_ACCESS' });
      }
      // Portal users may read these two models, but only rows that concern themselves.
      expect(await look('mail.message')).toEqual([]);
      expect(await look('mail.notification')).toEqual([]);
    });

    test('reads a sent mail with its recipients, and nothing of a Message-Id nobody has', async () => {
      const message = await send([ann, bob]);
      const { messages, gone } = await actions.read([message.messageId, '<nobody@example.com>']);
      expect(gone).toEqual([]);
      expect(messages).toHaveLength(1);
      expect(messages[0]).toMatchObject({
        message_id: message.messageId,
        id: message.id,
        model: 'sale.order',
        res_id: message.orderId,
        document_exists: true,
        mails: [
          {
            state: 'sent',
            is_notification: true,
            relayed: true,
            delete_wished: true,
            confirmed: false,
            original_recipients: null,
          },
        ],
        events: [],
      });
      const state = await readOne(message);
      const recipients = [...(state.mails[0]?.recipients ?? [])];
      expect(recipients.sort((one, other) => one.partner_id - other.partner_id)).toEqual([
        { partner_id: ann, address: 'ann@customer.example.com' },
        { partner_id: bob, address: 'bob@customer.example.com' },
      ]);
      expect(state.notifications.map((row) => [row.address, row.status, row.mail_id]).sort()).toEqual([
        ['ann@customer.example.com', 'sent', state.mails[0]?.id],
        ['bob@customer.example.com', 'sent', state.mails[0]?.id],
      ]);
    });

    test('writes the failed recipient and the mail, and leaves the other recipient alone', async () => {
      const message = await send([ann, bob]);
      const state = await readOne(message);
      const result = await actions.apply([
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
      expect(await mails.mailsOf(message.id)).toMatchObject([
        { state: 'exception', failure_type: 'mail_email_invalid' },
      ]);
      const after = await readOne(message);
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

    test('defers a change while a mail of the message is outgoing, and touches nothing', async () => {
      const message = await send([ann]);
      const [mail] = await mails.mailsOf(message.id);
      await odoo.admin.call({ model: 'mail.mail', method: 'mark_outgoing', ids: [mail?.id ?? 0] });
      const state = await readOne(message);
      expect(await actions.apply([failing(state)])).toEqual(['deferred']);
      expect(await statuses(message)).toEqual(['sent']);
      expect(await mails.mailsOf(message.id)).toMatchObject([{ state: 'outgoing' }]);
    });

    test('defers while the SMTP server is slow, so that the mail leaves once', async () => {
      sink.setDelay(30_000);
      const order = await mails.createOrder(ann);
      const body = `Slow ${order.name}`;
      const posted = mails.postMessage(order.id, [bob], { emailFrom: sender, body });
      const onTheWire = await sink.waitFor((mail) => mail.text.includes(body));
      const messageId = onTheWire.headers['message-id'] ?? '';
      const [state] = (await actions.read([messageId])).messages;
      expect(state?.mails[0]?.state).toBe('outgoing');
      expect(await actions.apply(state === undefined ? [] : [failing(state)])).toEqual(['deferred']);

      sink.setDelay(0);
      sink.answerWaiting();
      const message = await posted;
      const settled = await readOne(message);
      expect(settled.mails[0]?.state).toBe('sent');
      expect(await actions.apply([failing(settled)])).toEqual(['applied']);
      expect(sink.mails.filter((mail) => mail.headers['message-id'] === messageId)).toHaveLength(1);
    });

    test('refuses a change of a message that moved since it was read', async () => {
      const message = await send([ann]);
      const state = await readOne(message);
      expect(await actions.apply([failing(state)])).toEqual(['applied']);
      expect(await actions.apply([failing(state)])).toEqual(['stale']);

      const expected = changeOf(await readOne(message));
      const otherUid: MessageChange = {
        ...expected,
        expect: {
          ...expected.expect,
          notifications: expected.expect.notifications.map((row) => ({ ...row, uid: '01-other' })),
        },
      };
      const otherMails: MessageChange = { ...expected, expect: { ...expected.expect, mails: [] } };
      expect(await actions.apply([otherUid, otherMails, expected])).toEqual(['stale', 'stale', 'applied']);
    });

    test('says that a message is gone, and still applies the rest of the batch', async () => {
      const removed = await send([ann]);
      const kept = await send([bob]);
      const states = await Promise.all([readOne(removed), readOne(kept)]);
      await odoo.admin.call({ model: 'sale.order', method: 'unlink', ids: [removed.orderId] });
      expect(await actions.read([removed.messageId])).toEqual({ messages: [], gone: [] });
      expect(await actions.apply(states.map((state) => failing(state)))).toEqual(['gone', 'applied']);
      expect(await statuses(kept)).toEqual(['exception']);
    });

    test('undoes the whole batch when one change fails', async () => {
      const good = await send([ann]);
      const bad = await send([bob]);
      const wrong = failing(await readOne(bad), 'no_such_failure');
      await expect(actions.apply([failing(await readOne(good)), wrong])).rejects.toMatchObject({
        code: 'ODOO_VALUE',
        scope: 'entry',
      });
      expect(await statuses(good)).toEqual(['sent']);
      expect(await statuses(bad)).toEqual(['sent']);
    });

    test('writes no other field, and no record of another message', async () => {
      const message = await send([ann]);
      const other = await send([bob]);
      const state = await readOne(message);
      const foreign = await readOne(other);
      const undocumentedValues: Record<string, unknown> = { res_partner_id: bob };
      const undocumented: MessageChange = {
        ...changeOf(state),
        notification_writes: state.notifications.map(({ id }) => ({ id, values: undocumentedValues })),
      };
      const stranger = { ...changeOf(state), notification_writes: failing(foreign).notification_writes };
      const strangeMail = { ...changeOf(state), mail_unlinks: foreign.mails.map((mail) => mail.id) };
      for (const change of [undocumented, stranger, strangeMail]) {
        await expect(actions.apply([change])).rejects.toMatchObject({ scope: 'entry', retry: 'never' });
      }
      expect(await readOne(message)).toEqual(state);
      expect(await readOne(other)).toEqual(foreign);
    });

    test('gives a recipient without a notification one that names no partner', async () => {
      const message = await send([ann]);
      const state = await readOne(message);
      const [mail] = state.mails;
      const created = await actions.apply([
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
      const rows = await mails.notificationsOf(message.id);
      expect(rows).toHaveLength(2);
      expect(rows[1]).toMatchObject({
        res_partner_id: false,
        mail_email_address: 'bob@customer.example.com',
        notification_status: 'exception',
      });
      expect((await readOne(message)).notifications[1]).toMatchObject({
        mail_id: mail?.id,
        address: 'bob@customer.example.com',
        recorded_address: 'bob@customer.example.com',
        sweego_uid: '01-bob',
      });
    });

    test('deletes a delivered notification mail and keeps its message and notifications', async () => {
      const message = await send([ann]);
      const state = await readOne(message);
      const unlinks = state.mails.map((mail) => mail.id);
      expect(await actions.apply([{ ...changeOf(state), mail_unlinks: unlinks }])).toEqual(['applied']);
      expect(await mails.mailsOf(message.id)).toEqual([]);
      const after = await readOne(message);
      expect(after.mails).toEqual([]);
      expect(after.notifications).toMatchObject([{ status: 'sent', mail_id: null }]);
    });
  });
}

/** A change that expects exactly what was read and writes nothing yet. */
function changeOf(state: MessageState): MessageChange {
  return {
    message: state.id,
    expect: {
      mails: state.mails.map(({ id, state: mailState }) => ({ id, state: mailState })),
      notifications: state.notifications.map(({ id, status, sweego_uid }) => ({
        id,
        status,
        uid: sweego_uid,
      })),
    },
    touches: state.mails.map(({ id }) => id),
    event_creates: [],
    notification_writes: [],
    notification_creates: [],
    mail_writes: [],
    mail_unlinks: [],
    refresh: false,
  };
}

/** Turns every envelope of the message red. */
function failing(state: MessageState, failureType = 'unknown'): MessageChange {
  return {
    ...changeOf(state),
    notification_writes: state.notifications.map(({ id }) => ({
      id,
      values: { notification_status: 'exception', failure_type: failureType, x_sweego_uid: '01-first' },
    })),
    refresh: true,
  };
}

function mailsIn(
  state: MessageState,
  values: MessageChange['mail_writes'][number]['values'],
): MessageChange['mail_writes'] {
  return state.mails.map(({ id }) => ({ id, values }));
}

function idOf(state: MessageState, address: string): number {
  const row = state.notifications.find((one) => one.address === address);
  if (row === undefined) throw new Error('No notification for this address.');
  return row.id;
}

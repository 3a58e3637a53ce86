import { beforeAll, describe, expect, test } from 'vitest';
import { changeOf, contractSender, failing } from './world.ts';
import type { ActionsWorld } from './world.ts';

/** What `apply` does not touch while Odoo sends. */
export function describeSending(opened: () => ActionsWorld): void {
  describe('a change while Odoo sends', () => {
    let world: ActionsWorld;
    beforeAll(() => {
      world = opened();
    });

    test('is deferred while a mail of the message is outgoing, and writes nothing', async () => {
      const message = await world.send([world.ann]);
      const [mail] = await world.mails.mailsOf(message.id);
      await world.odoo.admin.call({ model: 'mail.mail', method: 'mark_outgoing', ids: [mail?.id ?? 0] });
      const state = await world.readOne(message);
      expect(await world.actions.apply([failing(state)])).toEqual(['deferred']);
      expect(await world.statusesOf(message)).toEqual(['sent']);
      expect(await world.mails.mailsOf(message.id)).toMatchObject([{ state: 'outgoing' }]);
    });

    test('is deferred while the SMTP server is slow, so that the mail is sent only once', async () => {
      world.sink.setDelay(30_000);
      const order = await world.mails.createOrder(world.ann);
      const body = `Slow ${order.name}`;
      const posted = world.mails.postMessage(order.id, [world.bob], { emailFrom: contractSender, body });
      const arrived = await world.sink.waitFor((mail) => mail.text.includes(body));
      const messageId = arrived.headers['message-id'] ?? '';
      const [state] = (await world.actions.read([messageId])).messages;
      expect(state?.mails[0]?.state).toBe('outgoing');
      expect(await world.actions.apply(state === undefined ? [] : [failing(state)])).toEqual(['deferred']);

      world.sink.setDelay(0);
      world.sink.answerWaiting();
      const message = await posted;
      const settled = await world.readOne(message);
      expect(settled.mails[0]?.state).toBe('sent');
      expect(await world.actions.apply([failing(settled)])).toEqual(['applied']);
      expect(world.sink.mails.filter((mail) => mail.headers['message-id'] === messageId)).toHaveLength(1);
    });

    test('waits for another mail of the message only when it touches that mail', async () => {
      const message = await world.send([world.ann]);
      const sibling = await world.create('mail.mail', {
        mail_message_id: message.id,
        body_html: '<p>Sibling</p>',
        recipient_ids: [world.bob],
      });
      const state = await world.readOne(message);
      expect(state.mails.map((mail) => [mail.id, mail.state])).toContainEqual([sibling, 'outgoing']);
      const own = state.mails.filter((mail) => mail.id !== sibling).map((mail) => mail.id);
      expect(await world.actions.apply([failing(state)])).toEqual(['deferred']);
      expect(await world.statusesOf(message)).toEqual(['sent']);
      expect(await world.actions.apply([{ ...failing(state), locked_mail_ids: own }])).toEqual(['applied']);
      expect(await world.statusesOf(message)).toEqual(['exception']);
    });

    test('waits for a direct mail whatever it touches', async () => {
      const message = await world.sendDirect('bob@customer.example.com');
      await world.call('mail.mail', 'mark_outgoing', [message.mailId]);
      const change = { ...changeOf(await world.readOne(message)), locked_mail_ids: [] };
      expect(await world.actions.apply([change])).toEqual(['deferred']);
    });
  });
}

import type { Odoo } from '../../../src/odoo/odoo.ts';
import { caseAddresses } from '../mails/event-cases.ts';
import type { MailKind } from '../mails/event-cases.ts';
import type { MarkedMessage } from './message-outcomes.ts';

export type WantedMessage = { kind: MailKind; recipients: number; isDeletionRequested: boolean };

/** Creates many messages at once, as an administrator, in the state after Odoo has sent their mails. */
export type MessageMaker = (wanted: readonly WantedMessage[]) => Promise<MarkedMessage[]>;

let count = 0;

/** @param domain of the recipients' addresses and of the Message-Ids */
export async function createMessageMaker(
  admin: Odoo,
  domain = 'any-order.example.com',
): Promise<MessageMaker> {
  const addresses = caseAddresses.map((address) => address.replace(/@.*/, `@${domain}`));
  const create = async (model: string, vals: readonly unknown[]): Promise<number[]> =>
    vals.length === 0
      ? []
      : ((await admin.call({ model, method: 'create', arguments: { vals_list: vals } })) as number[]);
  const partners = await create(
    'res.partner',
    addresses.map((email) => ({ name: email, email })),
  );
  const document = { model: 'res.partner', res_id: partners[0] };

  return async (wanted) => {
    const made = wanted.map((each) => {
      count += 1;
      const mark = `m${count}x`;
      return { ...each, mark, messageId: `<${mark}@${domain}>` };
    });
    const messages = await create(
      'mail.message',
      made.map(({ messageId }) => ({
        ...document,
        message_id: messageId,
        message_type: 'comment',
        body: 'x',
      })),
    );
    const mails = made.flatMap((each, index) =>
      mailsOf(each, partners, addresses).map((values) => ({
        ...values,
        mail_message_id: messages[index],
        is_notification: each.kind !== 'direct',
        state: 'sent',
        auto_delete: false,
        x_sweego_relayed: true,
        x_sweego_auto_delete: each.isDeletionRequested,
        index,
      })),
    );
    const mailIds = await create(
      'mail.mail',
      mails.map((values) => Object.fromEntries(Object.entries(values).filter(([name]) => name !== 'index'))),
    );
    const notifications = made.flatMap((each, index) =>
      each.kind === 'direct'
        ? []
        : partners.slice(0, each.recipients).map((partner, position) => {
            const own = mails.flatMap((mail, at) => (mail.index === index ? [mailIds[at]] : []));
            return {
              mail_message_id: messages[index],
              mail_mail_id: own[Math.min(position, own.length - 1)],
              res_partner_id: partner,
              notification_type: 'email',
              notification_status: 'sent',
              is_read: true,
            };
          }),
    );
    await create('mail.notification', notifications);
    return made.map(({ mark, messageId }, index) => ({ id: messages[index] ?? 0, messageId, mark }));
  };
}

function mailsOf(
  { kind, recipients }: WantedMessage,
  partners: readonly number[],
  addresses: readonly string[],
) {
  const own = partners.slice(0, recipients);
  if (kind === 'direct') return [{ email_to: addresses.slice(0, recipients).join(', ') }];
  if (kind === 'one mail') return [{ recipient_ids: [[6, 0, own]] }];
  return own.map((partner) => ({ recipient_ids: [[6, 0, [partner]]] }));
}

import type { Administrator } from '../../support/odoo/administrator.ts';
import { finalStateOf, uidOf } from './log-rows.ts';
import type { PendingMail } from './pending-mails.ts';

/** How far Odoo agrees with the log. */
export type Shown = {
  /** Recipients whose notification has the status and the submission of their row in the log. */
  recipients: number;
  /** Mails that exist, or are deleted, as expected. */
  mails: number;
  /** Rows of the history, and how many of them repeat another row. */
  events: number;
  doubled: number;
};

/** Compares each recipient with the result of their mail, or with `email_sent` while there is no result. */
export async function compareWithLog(
  administrator: Administrator,
  own: readonly PendingMail[],
  isFinal: boolean,
): Promise<Shown> {
  const messageIds = [...new Set(own.map(({ messageId }) => messageId))];
  const { notifications, mails, events } = (await administrator.runPython(shown, { messageIds })) as {
    notifications: [string, string, string, string, string][];
    mails: [string, string][];
    events: [string, string][];
  };
  const rowOf = new Map(notifications.map(([id, address, ...row]) => [`${id} ${address}`, row.join(' ')]));
  const failed = new Set<string>();
  let recipients = 0;
  for (const [index, mail] of own.entries()) {
    const sent = { x_sweego_status: 'email_sent', notification_status: 'sent' };
    const { x_sweego_status: status, notification_status: state } = isFinal
      ? finalStateOf(index).shown
      : sent;
    if (state === 'exception') failed.add(mail.messageId);
    const row = rowOf.get(`${mail.messageId} ${mail.recipient}`);
    if (row === [status, state, uidOf(mail)].join(' ')) recipients += 1;
  }
  const states = new Map(mails);
  // A mail that was delivered to all its recipients is deleted, because its server is set to do so.
  const expectedState = (id: string) => (failed.has(id) ? 'exception' : isFinal ? undefined : 'sent');
  return {
    recipients,
    mails: messageIds.filter((id) => states.get(id) === expectedState(id)).length,
    events: events.length,
    doubled: events.length - new Set(events.map((event) => event.join(' '))).size,
  };
}

const shown = `
messages = env['mail.message'].sudo().search([('message_id', 'in', env.context['messageIds'])])
notifications = env['mail.notification'].sudo().search([('mail_message_id', 'in', messages.ids)])
mails = env['mail.mail'].sudo().search([('mail_message_id', 'in', messages.ids)])
events = env['x_sweego_event'].sudo().search([('x_message_id', 'in', env.context['messageIds'])])
action = {
    'notifications': [[
        row.mail_message_id.message_id, row.res_partner_id.email, row.x_sweego_status or '', row.notification_status,
        row.x_sweego_uid or '',
    ] for row in notifications],
    'mails': [[mail.mail_message_id.message_id, mail.state] for mail in mails],
    'events': [[event.x_swg_uid, event.x_type] for event in events],
}
`;

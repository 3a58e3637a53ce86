import type { Administrator } from '../../support/odoo/administrator.ts';
import { fateOf, uidOf } from './log-rows.ts';
import type { PendingMail } from './pending-mails.ts';

/** How much of what Odoo shows is as the log says. */
export type Shown = {
  /** Recipients whose notification tells what their row says, by the submission that the row is about. */
  recipients: number;
  /** Mails that are there, or gone, as they should. */
  mails: number;
  /** Rows of the history, and how many of them say what another one says. */
  events: number;
  doubled: number;
};

/** Compares each recipient, one by one, with what became of his mail; before that with `email_sent`. */
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
    const { x_sweego_status: status, notification_status: state } = isFinal ? fateOf(index).shown : sent;
    if (state === 'exception') failed.add(mail.messageId);
    const row = rowOf.get(`${mail.messageId} ${mail.recipient}`);
    if (row === [status, state, uidOf(mail)].join(' ')) recipients += 1;
  }
  const states = new Map(mails);
  // Nobody has to look at a mail that all its recipients have: it is deleted, as its server is set to.
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

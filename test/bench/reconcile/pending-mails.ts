import type { Administrator } from '../../support/odoo/administrator.ts';

/** A mail that Odoo has sent through Sweego and that waits for its confirmation. */
export type PendingMail = {
  /** RFC 5322 Message-Id with angle brackets. */
  messageId: string;
  recipient: string;
};

const perCall = 500;

/**
 * Creates mails as Odoo leaves them after sending a document's mail to one customer: message, mail in state
 * `sent` whose deletion is deferred, notification in status `sent`. They are written directly in that state;
 * nothing is sent.
 *
 * @param label distinguishes the sets of mails in the same database
 * @param everySecondTo number of recipients of every second mail, 1 by default
 * @returns one for each recipient of each mail; those of one mail are adjacent
 */
export async function createPendingMails(
  administrator: Administrator,
  label: string,
  count: number,
  everySecondTo: 1 | 2 = 1,
): Promise<PendingMail[]> {
  const mails: PendingMail[] = [];
  await administrator.runPython(documents);
  // This code writes what the automation rule would write: with the rule, creating the mails takes four times as long.
  await administrator.runPython(rule, { isOn: false });
  for (let first = 0; first < count; first += perCall) {
    const size = Math.min(perCall, count - first);
    const made = await administrator.runPython(pending, { first, size, label, everySecondTo });
    mails.push(...(made as [string, string][]).map(([messageId, recipient]) => ({ messageId, recipient })));
  }
  await administrator.runPython(rule, { isOn: true });
  return mails;
}

const rule = `env.ref('sweego_bridge.automation_mail_created').write({'active': env.context['isOn']})`;

/** All messages belong to the orders of ten customers. */
const documents = `
orders = env['sale.order'].search([])
if not orders:
    partners = env['res.partner'].create([{'name': 'Document %d' % n} for n in range(10)])
    env['sale.order'].create([{'partner_id': partner.id} for partner in partners])
`;

const pending = `
label, first, size = env.context['label'], env.context['first'], env.context['size']
every_second_to = env.context['everySecondTo']
env = env(context={})
# About the size that Odoo's layout gives a quotation's mail.
body = '<p>Here is your quotation.</p>' + '<p style="margin: 0 0 9px; font-size: 13px">%s</p>' % ('A line of text. ' * 8) * 60
orders = env['sale.order'].search([])
numbers = list(range(first, first + size))
places = [(number, place) for number in numbers for place in range(every_second_to if number % 2 else 1)]
partners = env['res.partner'].with_context(tracking_disable=True).create([
    {'name': 'Customer %d' % number, 'email': '%s-%d%s@example.com' % (label, number, '-second' * place)}
    for number, place in places
])
recipients_of = {}
for (number, place), partner in zip(places, partners):
    recipients_of.setdefault(number, []).append(partner)
recipients = [recipients_of[number] for number in numbers]
messages = env['mail.message'].create([{
    'model': 'sale.order', 'res_id': orders[number % len(orders)].id, 'message_type': 'comment',
    'subtype_id': env.ref('mail.mt_comment').id, 'body': '<p>Here is your quotation.</p>',
    'email_from': '"Sales" <sales@example.com>', 'author_id': env.user.partner_id.id,
    'message_id': '<%s.%d-openerp-sale.order@odoo.example.com>' % (label, number),
    'reply_to': '"S00001" <reply+312d73616c652e6f72646572.0123abcd@reply.example.com>',
} for number in numbers])
mails = env['mail.mail'].create([{
    'mail_message_id': message.id, 'body_html': body, 'auto_delete': False,
    'state': 'sent', 'recipient_ids': [Command.link(partner.id) for partner in to],
    'headers': "{'X-Odoo-Objects': 'sale.order-1', 'X-Message-Id': '%s'}" % message.message_id,
} for message, to in zip(messages, recipients)])
mails.write({'state': 'sent', 'auto_delete': False, 'x_sweego_relayed': True, 'x_sweego_auto_delete': True})
env['mail.notification'].create([{
    'mail_message_id': message.id, 'mail_mail_id': mail.id, 'res_partner_id': partner.id,
    'author_id': env.user.partner_id.id, 'notification_type': 'email', 'notification_status': 'sent', 'is_read': True,
} for message, mail, to in zip(messages, mails, recipients) for partner in to])
action = [[message.message_id, partner.email] for message, to in zip(messages, recipients) for partner in to]
`;

/** What Odoo holds about a set of mails. Except for ids it is the same for both ways to confirm them. */
export type EndState = { mails: number; notifications: number; confirmed: number };

/** Counts what is left of a set, and how many notifications carry the ids of their own event. */
export async function readEndState(
  administrator: Administrator,
  mails: readonly PendingMail[],
): Promise<EndState> {
  const ids = mails.map(({ messageId }) => messageId);
  return (await administrator.runPython(endState, { ids })) as EndState;
}

const endState = `
ids = env.context['ids']
messages = env['mail.message'].sudo().search([('message_id', 'in', ids)])
rows = env['mail.notification'].sudo().search([('mail_message_id', 'in', messages.ids)])
confirmed = rows.filtered_domain([('notification_status', '=', 'sent'), ('x_sweego_status', '=', 'delivered')])
action = {
    'mails': env['mail.mail'].sudo().search_count([('mail_message_id', 'in', messages.ids)]),
    'notifications': len(rows),
    'confirmed': len(confirmed.filtered(lambda row: row.x_sweego_uid == 'uid-' + row.mail_message_id.message_id)),
}
`;

# Reads what Odoo knows about a batch of Message-Ids. Input: context key sweego_bridge = {"message_ids": [...]}.
# Writes nothing: the bridge decides what the answer means.
# uses: address_of

odoo = env(user=1, su=True, context={'active_test': False})
request = env.context.get('sweego_bridge') or {}
message_ids = [text for text in request.get('message_ids') or [] if text]

MAIL_FIELDS = (
    'mail_message_id', 'state', 'is_notification', 'x_sweego_relayed', 'x_sweego_auto_delete', 'x_sweego_confirmed',
    'recipient_ids', 'email_to', 'email_cc', 'x_sweego_original_recipients',
)
NOTIFICATION_FIELDS = (
    'mail_message_id', 'mail_mail_id', 'res_partner_id', 'mail_email_address', 'notification_status', 'failure_type',
    'x_sweego_status', 'x_sweego_status_at', 'x_sweego_uid', 'x_sweego_transaction_id', 'x_sweego_message_id',
)
EVENT_FIELDS = (
    'x_message_id', 'x_recipient', 'x_type', 'x_at', 'x_swg_uid', 'x_event_id', 'x_transaction_id', 'x_wire_id',
    'x_permanence', 'x_failure_type', 'x_reason', 'x_line', 'x_mail_id',
)


def recipient_of(partner):
    return {'partner_id': partner.id, 'address': address_of(partner)}


def mail_state(mail):
    return {
        'id': mail.id,
        'state': mail.state,
        'is_notification': mail.is_notification,
        'relayed': mail.x_sweego_relayed,
        'auto_delete_requested': mail.x_sweego_auto_delete,
        'confirmed': mail.x_sweego_confirmed,
        'recipients': list(map(recipient_of, mail.recipient_ids)),
        'email_to': mail.email_to or False,
        'email_cc': mail.email_cc or False,
        'original_recipients': mail.x_sweego_original_recipients or False,
    }


def notification_state(notification):
    recorded = (notification.mail_email_address or '').strip().lower()
    return {
        'id': notification.id,
        'mail_id': notification.mail_mail_id.id or False,
        'address': address_of(notification.res_partner_id) or recorded or False,
        'recorded_address': recorded or False,
        'status': notification.notification_status,
        'failure_type': notification.failure_type or False,
        'sweego_status': notification.x_sweego_status or False,
        'sweego_status_at': str(notification.x_sweego_status_at or '') or False,
        'sweego_uid': notification.x_sweego_uid or False,
        'sweego_transaction_id': notification.x_sweego_transaction_id or False,
        'sweego_message_id': notification.x_sweego_message_id or False,
    }


def event_state(event):
    return {
        'recipient': event.x_recipient or '',
        'type': event.x_type or '',
        'at': str(event.x_at or '') or False,
        'swg_uid': event.x_swg_uid or False,
        'event_id': event.x_event_id or False,
        'transaction_id': event.x_transaction_id or False,
        'wire_id': event.x_wire_id or False,
        'permanence': event.x_permanence or False,
        'failure_type': event.x_failure_type or False,
        'reason': event.x_reason or False,
        'smtp_line': event.x_line or False,
    }


def trace_state(trace):
    return {
        'id': trace.id,
        'mail_id': trace.mail_mail_id_int or False,
        'email': (trace.email or '').strip().lower(),
        'status': trace.trace_status or '',
        'failure_type': trace.failure_type or False,
        'clicked': bool(trace.links_click_datetime),
    }


messages = odoo['mail.message'].search_fetch([('message_id', 'in', message_ids)], ['message_id', 'model', 'res_id'])
# The fields are named: otherwise Odoo would also fetch the bodies, and each manual field in a query of its own.
mails = odoo['mail.mail'].search_fetch([('mail_message_id', 'in', messages.ids)], MAIL_FIELDS, order='id')
notifications = odoo['mail.notification'].search_fetch(
    [('mail_message_id', 'in', messages.ids), ('notification_type', '=', 'email')], NOTIFICATION_FIELDS, order='id'
)
(mails.recipient_ids | notifications.res_partner_id).fetch(['email', 'email_normalized'])
mails_of = {}
for mail in mails:
    mails_of.setdefault(mail.mail_message_id.id, []).append(mail_state(mail))
notifications_of = {}
for notification in notifications:
    notifications_of.setdefault(notification.mail_message_id.id, []).append(notification_state(notification))
# By Message-Id, because the history stays when its message is deleted.
events_of = {}
mail_id_of = {}
for event in odoo['x_sweego_event'].search_fetch([('x_message_id', 'in', message_ids)], EVENT_FIELDS, order='id'):
    events_of.setdefault(event.x_message_id, []).append(event_state(event))
    if event.x_mail_id:
        mail_id_of[event.x_message_id] = event.x_mail_id

documents = {}
for message in messages:
    if message.model and message.res_id and message.model in odoo:
        documents.setdefault(message.model, []).append(message.res_id)
existing = {}
for model_name, ids in documents.items():
    existing[model_name] = set(odoo[model_name].browse(ids).exists().ids)

found = set(messages.mapped('message_id'))

# The traces of a campaign are found by the id of their mail, which works after the mail is deleted. Their Message-Id
# has no index, so it is searched only for messages about which nothing else is known.
traces_of = {}
if 'mailing.trace' in odoo:
    mail_ids = [mail['id'] for mails in mails_of.values() for mail in mails]
    mail_ids += list(mail_id_of.values())
    unknown = [message_id for message_id in message_ids if message_id not in found and message_id not in mail_id_of]
    domain = [('mail_mail_id_int', 'in', mail_ids)]
    if unknown:
        domain = ['|', ('message_id', 'in', unknown)] + domain
    for trace in odoo['mailing.trace'].search(domain, order='id'):
        traces_of.setdefault(trace.message_id, []).append(trace_state(trace))
action = {
    'messages': [{
        'message_id': message.message_id,
        'id': message.id,
        'model': message.model or False,
        'res_id': message.res_id or False,
        'document_exists': message.res_id in existing.get(message.model, ()),
        'mails': mails_of.get(message.id, []),
        'notifications': notifications_of.get(message.id, []),
        'events': events_of.get(message.message_id, []),
        'traces': traces_of.get(message.message_id, []),
    } for message in messages],
    'gone': [
        {
            'message_id': message_id,
            'events': events_of.get(message_id, []),
            'traces': traces_of.get(message_id, []),
        }
        for message_id in message_ids
        if message_id not in found and (message_id in events_of or message_id in traces_of)
    ],
}

# What Odoo knows of a batch of Message-Ids. Input: context key sweego_bridge = {"message_ids": [...]}.
# Reads only; what it means is decided by the bridge.
odoo = env(user=1, su=True, context={'active_test': False})
request = env.context.get('sweego_bridge') or {}
message_ids = [text for text in request.get('message_ids') or [] if text]


def address_of(partner):
    return partner.email_normalized or (partner.email or '').strip().lower() or False


def recipient_of(partner):
    return {'partner_id': partner.id, 'address': address_of(partner)}


def mail_state(mail):
    return {
        'id': mail.id,
        'state': mail.state,
        'is_notification': mail.is_notification,
        'relayed': mail.x_sweego_relayed,
        'delete_wished': mail.x_sweego_auto_delete,
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
        'line': event.x_line or False,
    }


messages = odoo['mail.message'].search([('message_id', 'in', message_ids)])
mails_of = {}
for mail in odoo['mail.mail'].search([('mail_message_id', 'in', messages.ids)], order='id'):
    mails_of.setdefault(mail.mail_message_id.id, []).append(mail_state(mail))
notifications_of = {}
for notification in odoo['mail.notification'].search(
    [('mail_message_id', 'in', messages.ids), ('notification_type', '=', 'email')], order='id'
):
    notifications_of.setdefault(notification.mail_message_id.id, []).append(notification_state(notification))
# By Message-Id, not by record: history outlives its message.
events_of = {}
for event in odoo['x_sweego_event'].search([('x_message_id', 'in', message_ids)], order='id'):
    events_of.setdefault(event.x_message_id, []).append(event_state(event))

documents = {}
for message in messages:
    if message.model and message.res_id and message.model in odoo:
        documents.setdefault(message.model, []).append(message.res_id)
existing = {}
for model_name, ids in documents.items():
    existing[model_name] = set(odoo[model_name].browse(ids).exists().ids)

found = set(messages.mapped('message_id'))
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
    } for message in messages],
    'gone': [
        {'message_id': message_id, 'events': events}
        for message_id, events in events_of.items() if message_id not in found
    ],
}

# What Odoo knows of a batch of Message-Ids. Input: context key sweego_bridge = {"message_ids": [...]}.
# Reads only; what it means is decided by the bridge.
odoo = env(user=1, su=True, context={'active_test': False})
request = env.context.get('sweego_bridge') or {}
message_ids = [text for text in request.get('message_ids') or [] if text]


def address_of(partner):
    return partner.email_normalized or (partner.email or '').strip().lower()


def mail_state(mail):
    return {
        'id': mail.id,
        'state': mail.state,
        'is_notification': mail.is_notification,
        'relayed': mail.x_sweego_relayed,
        'delete_wished': mail.x_sweego_auto_delete,
        'confirmed': mail.x_sweego_confirmed,
        'recipients': [address for address in map(address_of, mail.recipient_ids) if address],
        'email_to': mail.email_to or False,
        'email_cc': mail.email_cc or False,
        'recipient_states': mail.x_sweego_recipient_states or False,
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


messages = odoo['mail.message'].search([('message_id', 'in', message_ids)])
mails_of = {}
for mail in odoo['mail.mail'].search([('mail_message_id', 'in', messages.ids)], order='id'):
    mails_of.setdefault(mail.mail_message_id.id, []).append(mail_state(mail))
notifications_of = {}
for notification in odoo['mail.notification'].search(
    [('mail_message_id', 'in', messages.ids), ('notification_type', '=', 'email')], order='id'
):
    notifications_of.setdefault(notification.mail_message_id.id, []).append(notification_state(notification))

documents = {}
for message in messages:
    if message.model and message.res_id and message.model in odoo:
        documents.setdefault(message.model, []).append(message.res_id)
existing = {}
for model_name, ids in documents.items():
    existing[model_name] = odoo[model_name].browse(ids).exists().ids

action = {'messages': [{
    'message_id': message.message_id,
    'id': message.id,
    'model': message.model or False,
    'res_id': message.res_id or False,
    'document_exists': message.res_id in existing.get(message.model, []),
    'mails': mails_of.get(message.id, []),
    'notifications': notifications_of.get(message.id, []),
} for message in messages]}

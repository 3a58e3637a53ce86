# Reads what Odoo knows about the place of a mail with these addresses, references and senders.
# Input: context key sweego_bridge = {"addresses": [...], "message_ids": [...], "documents": [[model, id], ...],
# "senders": [...]}. A model may be given as ir.model id. Writes nothing: the bridge chooses the place.
# uses: is_thread

odoo = env(user=1, su=True, context={'active_test': False})
request = env.context.get('sweego_bridge') or {}
LIMIT = 200  # entries of each list, and newest messages of a document that are searched
MESSAGE_FIELDS = ('message_id', 'model', 'res_id', 'subtype_id', 'message_type')


def asked(name):
    values = request.get(name) or []
    if len(values) > LIMIT:
        raise UserError('sweego_bridge: route takes %d %s at most' % (LIMIT, name))
    return values


def is_there(model_name, record_id):
    # Archived records exist. PostgreSQL refuses ids of more than 31 bits.
    if not is_thread(model_name) or not 0 < (record_id or 0) < 2 ** 31:
        return False
    return bool(odoo[model_name].browse(record_id).exists())


def message_state(message):
    return {
        'id': message.id,
        'message_id': message.message_id,
        'model': message.model or False,
        'res_id': message.res_id or False,
        'is_there': is_there(message.model, message.res_id),
        # Odoo's gateway posts the answer to such a message as a note (mail.thread._message_parse_extract_from_parent).
        'is_internal': bool(message.subtype_id.internal and message.message_type != 'auto_comment'),
    }


def newest_mailed(model_name, record_id, partners, senders):
    # The document's newest message that was mailed to one of the senders. The recipients are known from the
    # notifications. For mails without notifications they are known from the mail, and later from the history.
    messages = odoo['mail.message'].search_fetch(
        [('model', '=', model_name), ('res_id', '=', record_id)], MESSAGE_FIELDS, order='id desc', limit=LIMIT
    )
    mailed = odoo['mail.notification'].search([
        ('mail_message_id', 'in', messages.ids), ('notification_type', '=', 'email'),
        '|', ('res_partner_id', 'in', partners.ids), ('mail_email_address', 'in', senders),
    ]).mail_message_id
    mailed |= odoo['mail.mail'].search([
        ('mail_message_id', 'in', messages.ids), ('recipient_ids', 'in', partners.ids),
    ]).mail_message_id
    with_events = set(odoo['x_sweego_event'].search([
        ('x_message_id', 'in', messages.mapped('message_id')), ('x_recipient', 'in', senders),
    ]).mapped('x_message_id'))
    for message in messages:
        if message in mailed or message.message_id in with_events:
            return message_state(message)
    return False


def newest_note(model_name, record_id):
    note = odoo['mail.message'].search([
        ('model', '=', model_name), ('res_id', '=', record_id),
        ('subtype_id.internal', '=', True), ('message_type', '!=', 'auto_comment'),
    ], order='id desc', limit=1)
    return note and message_state(note) or False


def document_state(document, partners, senders):
    model_name, record_id = document
    if isinstance(model_name, int):
        model_name = 0 < model_name < 2 ** 31 and odoo['ir.model'].browse(model_name).exists().model or False
    there = is_there(model_name, record_id)
    return {
        'model': model_name or False,
        'id': record_id,
        'is_there': there,
        'newest_mailed': there and newest_mailed(model_name, record_id, partners, senders),
        'newest_note': there and newest_note(model_name, record_id),
    }


# Aliases are matched as in mail.thread.message_route: by the whole address, or by the local part if the alias allows it.
addresses = asked('addresses')
domains = odoo['mail.alias.domain'].search([])
allowed = [name for name in (odoo['ir.config_parameter'].get_param('mail.catchall.domain.allowed') or '').split(',') if name]
if allowed:
    allowed += domains.mapped('name')
local_parts = [
    address.partition('@')[0] for address in addresses if not allowed or address.partition('@')[2] in allowed
]
aliases = odoo['mail.alias'].search([
    '|', ('alias_full_name', 'in', addresses),
    '&', ('alias_name', 'in', local_parts), ('alias_incoming_local', '=', True),
], order='id')
recipients = []
for address in addresses:
    local_part, at, domain_name = address.partition('@')
    for domain in domains:
        if address in (domain.catchall_email, domain.bounce_email):
            recipients.append({
                'address': address,
                'kind': 'catchall' if address == domain.catchall_email else 'bounce',
                'model': False,
                'thread_id': False,
            })
    for alias in aliases:
        is_local = alias.alias_incoming_local and local_part == alias.alias_name and local_part in local_parts
        if address == alias.alias_full_name or is_local:
            recipients.append({
                'address': address,
                'kind': 'alias',
                'model': alias.alias_model_id.model,
                'thread_id': alias.alias_force_thread_id or False,
            })

# By Odoo's own Message-Id, and by the one that Sweego put on the mail. The history holds the second one.
message_ids = asked('message_ids')
wire_ids = {}
for event in odoo['x_sweego_event'].search_fetch([('x_wire_id', 'in', message_ids)], ['x_wire_id', 'x_message_id']):
    wire_ids[event.x_wire_id] = event.x_message_id
messages = odoo['mail.message'].search_fetch(
    [('message_id', 'in', message_ids + list(wire_ids.values()))], MESSAGE_FIELDS, order='id'
)

senders = asked('senders')
partners = odoo['res.partner'].search([('email_normalized', 'in', senders)])
users = odoo['res.users'].search([('partner_id', 'in', partners.ids), ('share', '=', False), ('active', '=', True)])
action = {
    'recipients': recipients,
    'alias_domains': domains.mapped('name'),
    'messages': list(map(message_state, messages)),
    'wire_ids': [{'wire_id': wire_id, 'message_id': message_id} for wire_id, message_id in wire_ids.items()],
    'documents': [document_state(document, partners, senders) for document in asked('documents')],
    'internal_senders': sorted(set(users.partner_id.mapped('email_normalized'))),
}

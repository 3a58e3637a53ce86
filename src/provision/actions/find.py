# Finds the messages of a document that were mailed. Input: context key sweego_bridge = {"document": name}, the name
# that users see (S00042, INV/2026/0042). Output: Message-Ids, the newest first.
odoo = env(user=1, su=True, context={'active_test': False})
request = env.context.get('sweego_bridge') or {}
name = (request.get('document') or '').strip()
LIMIT = 50  # documents of one model, and messages in the output
MESSAGE_LIMIT = 2000  # messages of these documents: most of them are notes and logs that were never mailed


def name_field_of(model_name):
    # The name of some models is a date, a number or another record, which cannot be compared with a text.
    field = model_name in odoo and odoo[model_name]._fields.get(odoo[model_name]._rec_name)
    return field and field.store and field.type in ('char', 'text') and field.name


# Every model is searched for the name, so only models that mails were sent from are taken.
mails = odoo['mail.mail'].search_fetch([('x_sweego_relayed', '=', True)], ['mail_message_id'], order='id desc', limit=1000)
models = set(mails.mail_message_id.mapped('model'))
models.update(group[0] for group in odoo['x_sweego_event']._read_group([('x_model', '!=', False)], ['x_model']))
mailed = odoo['mail.message']
for model_name in filter(name_field_of, filter(None, models)) if name else ():
    documents = odoo[model_name].search([(name_field_of(model_name), '=', name)], limit=LIMIT)
    messages = odoo['mail.message'].search_fetch(
        [('model', '=', model_name), ('res_id', 'in', documents.ids), ('message_id', '!=', False)],
        ['message_id'], order='id desc', limit=MESSAGE_LIMIT,
    )
    with_events = set(odoo['x_sweego_event'].search([('x_message_id', 'in', messages.mapped('message_id'))]).mapped('x_message_id'))
    for message in messages:
        has_mail = message.message_id in with_events or message.mail_ids
        if has_mail or 'email' in message.notification_ids.mapped('notification_type'):
            mailed |= message
action = {'message_ids': mailed.sorted('id', reverse=True)[:LIMIT].mapped('message_id')}

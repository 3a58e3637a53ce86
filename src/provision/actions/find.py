# Which mailed messages a document has. Input: context key sweego_bridge = {"document": name}, as users know it
# (S00042, INV/2026/0042). Answers Message-Ids, the newest first.
odoo = env(user=1, su=True, context={'active_test': False})
request = env.context.get('sweego_bridge') or {}
name = (request.get('document') or '').strip()
LIMIT = 50  # documents of a model, and messages answered
LOOK = 2000  # messages of these documents: most are notes and logs that were never mailed


def name_field_of(model_name):
    # Some models are named by a date, a number or another record: no text may be compared with those.
    field = model_name in odoo and odoo[model_name]._fields.get(odoo[model_name]._rec_name)
    return field and field.store and field.type in ('char', 'text') and field.name


# Only models that mails were sent from: a name is looked for in each.
mails = odoo['mail.mail'].search_fetch([('x_sweego_relayed', '=', True)], ['mail_message_id'], order='id desc', limit=1000)
models = set(mails.mail_message_id.mapped('model'))
models.update(group[0] for group in odoo['x_sweego_event']._read_group([('x_model', '!=', False)], ['x_model']))
mailed = odoo['mail.message']
for model_name in filter(name_field_of, filter(None, models)) if name else ():
    documents = odoo[model_name].search([(name_field_of(model_name), '=', name)], limit=LIMIT)
    messages = odoo['mail.message'].search_fetch(
        [('model', '=', model_name), ('res_id', 'in', documents.ids), ('message_id', '!=', False)],
        ['message_id'], order='id desc', limit=LOOK,
    )
    told = set(odoo['x_sweego_event'].search([('x_message_id', 'in', messages.mapped('message_id'))]).mapped('x_message_id'))
    for message in messages:
        is_told = message.message_id in told or message.mail_ids
        if is_told or 'email' in message.notification_ids.mapped('notification_type'):
            mailed |= message
action = {'message_ids': mailed.sorted('id', reverse=True)[:LIMIT].mapped('message_id')}

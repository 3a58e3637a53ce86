# Which mailed messages a document has. Input: context key sweego_bridge = {"document": name}, as users know it
# (S00042, INV/2026/0042). Answers Message-Ids, the newest first.
odoo = env(user=1, su=True, context={'active_test': False})
request = env.context.get('sweego_bridge') or {}
name = (request.get('document') or '').strip()
LIMIT = 50  # messages

# Only models that mails were sent from: a name is looked for in each.
mails = odoo['mail.mail'].search_fetch([('x_sweego_relayed', '=', True)], ['mail_message_id'], order='id desc', limit=1000)
models = set(mails.mail_message_id.mapped('model'))
models.update(group[0] for group in odoo['x_sweego_event']._read_group([('x_model', '!=', False)], ['x_model']))
message_ids = []
for model_name in sorted(filter(None, models)):
    field_name = model_name in odoo and odoo[model_name]._rec_name
    if not name or not field_name or not odoo[model_name]._fields[field_name].store:
        continue
    documents = odoo[model_name].search([(field_name, '=', name)], limit=LIMIT)
    messages = odoo['mail.message'].search_fetch(
        [('model', '=', model_name), ('res_id', 'in', documents.ids)], ['message_id'], order='id desc', limit=LIMIT
    )
    told = set(odoo['x_sweego_event'].search([('x_message_id', 'in', messages.mapped('message_id'))]).mapped('x_message_id'))
    for message in messages:
        mailed = message.message_id in told or message.mail_ids
        if mailed or 'email' in message.notification_ids.mapped('notification_type'):
            message_ids.append(message.message_id)
action = {'message_ids': message_ids[:LIMIT]}

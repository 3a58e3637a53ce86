# Opens an activity about something that a user must look at, such as a parked reply, or closes it.
# Input: context key sweego_bridge = {"key": text, "summary": text, "note": text, "server_id": id or false}, or
# {"key": text, "close": true}.
# uses: alert_user, open_activity

odoo = env(user=1, su=True, context={'active_test': False})
request = env.context.get('sweego_bridge') or {}
key = request.get('key')
if not key:
    raise UserError('sweego_bridge: alert needs a key')


def enabled_servers():
    # The server of the alert comes first.
    servers = odoo['ir.mail_server'].search(
        [('x_sweego_enabled', '=', True), ('active', '=', True)], order='sequence, id'
    )
    return servers.filtered_domain([('id', '=', request.get('server_id') or 0)]) | servers


def escaped(text):
    for sign, name in (('&', '&amp;'), ('<', '&lt;'), ('>', '&gt;'), ('\n', '<br/>')):
        text = text.replace(sign, name)
    return text


# A user who marks the activity as done archives it. It is not opened again then.
activities = odoo['mail.activity'].search([('res_model', '=', False), ('x_sweego_key', '=', key)])
if request.get('close'):
    active = activities.filtered('active')
    if active:
        active.action_feedback()
    action = {'result': 'closed' if active else 'absent'}
elif activities:
    action = {'result': 'known'}
else:
    note = '<p>%s</p>' % escaped(request.get('note') or '')
    open_activity(key, request.get('summary') or '', note, alert_user(enabled_servers()))
    action = {'result': 'opened'}

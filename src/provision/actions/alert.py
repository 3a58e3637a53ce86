# Shows a parked reply as an activity, or closes it. Input: context key sweego_bridge = {"key": text,
# "summary": text, "note": text, "server_id": id or false}, or {"key": text, "close": true}.
#
# The activity has no document: none is known, and one on a contact or a record of ours would show the mail to
# whoever reads that, make the user a follower and mail him. Such an activity is seen by its user alone, in the
# clock menu and under "Other activities" (mail.activity, Odoo 19: res_model may be empty).
odoo = env(user=1, su=True, context={'active_test': False})
request = env.context.get('sweego_bridge') or {}
key = request.get('key')
if not key:
    raise UserError('sweego_bridge: alert needs a key')


def is_suitable(user):
    return user.active and not user.share


def user_to_tell():
    servers = odoo['ir.mail_server'].search(
        [('x_sweego_enabled', '=', True), ('active', '=', True)], order='sequence, id'
    )
    first = servers.filtered_domain([('id', '=', request.get('server_id') or 0)])
    candidates = (first | servers).mapped('x_sweego_alert_user_id').filtered(is_suitable)
    # Who provisioned the bridge made its group. He may be gone, and so may Odoo's first administrator.
    group = odoo.ref('sweego_bridge.group_bridge', raise_if_not_found=False)
    if not candidates and group:
        candidates = group.create_uid.filtered(is_suitable)
    if not candidates:
        candidates = odoo.ref('base.group_system').all_user_ids.sorted('id').filtered(is_suitable)
    return candidates[:1] or odoo.user


def escaped(text):
    for sign, name in (('&', '&amp;'), ('<', '&lt;'), ('>', '&gt;'), ('\n', '<br/>')):
        text = text.replace(sign, name)
    return text


# A user may have marked it as done himself, which archives it: then it is not shown again.
activities = odoo['mail.activity'].search([('res_model', '=', False), ('x_sweego_key', '=', key)])
if request.get('close'):
    active = activities.filtered('active')
    if active:
        active.action_feedback()
    action = {'result': 'closed' if active else 'absent'}
elif activities:
    action = {'result': 'known'}
else:
    kind = odoo.ref('mail.mail_activity_data_todo', raise_if_not_found=False)
    odoo['mail.activity'].create({
        'x_sweego_key': key,
        'summary': request.get('summary') or '',
        'note': '<p>%s</p>' % escaped(request.get('note') or ''),
        'user_id': user_to_tell().id,
        'activity_type_id': kind and kind.id,
        'automated': True,
    })
    action = {'result': 'opened'}

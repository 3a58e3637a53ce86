# Runs every few minutes: shows an activity when mails wait for Sweego and the bridge has not been in contact for
# longer than 15 minutes, and closes it when it is back. Like the action alert, without a document: see there.
odoo = env(user=1, su=True, context={'active_test': False})
KEY = 'silent-bridge'
limit = datetime.datetime.now() - datetime.timedelta(minutes=15)
# What waited longer is not waited for any more (pending.py).
oldest = datetime.datetime.now() - datetime.timedelta(days=30)


def is_suitable(user):
    return user.active and not user.share


def user_to_tell(servers):
    candidates = servers.mapped('x_sweego_alert_user_id').filtered(is_suitable)
    group = odoo.ref('sweego_bridge.group_bridge', raise_if_not_found=False)
    if not candidates and group:
        candidates = group.create_uid.filtered(is_suitable)
    if not candidates:
        candidates = odoo.ref('base.group_system').all_user_ids.sorted('id').filtered(is_suitable)
    return candidates[:1] or odoo.user


def local_text(instant, user):
    return timezone('UTC').localize(instant).astimezone(timezone(user.tz or 'UTC')).strftime('%Y-%m-%d %H:%M (%Z)')


def is_waiting():
    waiting = [
        ('x_sweego_relayed', '=', True), ('state', '=', 'sent'), ('x_sweego_confirmed', '=', False),
        ('write_date', '>=', oldest),
    ]
    if odoo['mail.mail'].search_count(waiting, limit=1):
        return True
    # Where Odoo deletes mails after sending, only the notifications are left.
    latest = odoo['mail.notification'].search([('notification_type', '=', 'email')], order='id desc', limit=200)
    return bool(latest.filtered_domain([
        ('mail_mail_id', '=', False), ('notification_status', '=', 'sent'), ('x_sweego_status', '=', False),
        ('mail_message_id.reply_to', 'like', 'reply+'), ('mail_message_id.create_date', '>=', oldest),
    ]))


servers = odoo['ir.mail_server'].search([('x_sweego_enabled', '=', True), ('active', '=', True)], order='sequence, id')
contacts = sorted(filter(None, servers.mapped('x_sweego_contact_at')))
is_silent = servers and not (contacts and contacts[-1] >= limit)
open_activities = odoo['mail.activity'].search([
    ('res_model', '=', False), ('x_sweego_key', '=', KEY), ('active', '=', True),
])
if open_activities and not is_silent:
    open_activities.action_feedback()
elif is_silent and not open_activities and is_waiting():
    kind = odoo.ref('mail.mail_activity_data_todo', raise_if_not_found=False)
    user = user_to_tell(servers)
    since = contacts and 'since %s' % local_text(contacts[-1], user) or 'ever'
    odoo['mail.activity'].create({
        'x_sweego_key': KEY,
        'summary': 'The Sweego bridge is silent',
        'note': '<p>It has not been in contact %s, while mails wait for word from Sweego.<br/>Check that its service runs; its log tells why it cannot reach Odoo.</p>' % since,
        'user_id': user.id,
        'activity_type_id': kind and kind.id,
        'automated': True,
    })

# Runs every few minutes. Opens an activity when mails wait for Sweego and the bridge has had no contact for more than
# 15 minutes, and closes it when the bridge is back.
# uses: alert_user, open_activity

odoo = env(user=1, su=True, context={'active_test': False})
KEY = 'silent-bridge'
limit = datetime.datetime.now() - datetime.timedelta(minutes=15)
# Mails that have waited longer count no more (pending.py).
oldest = datetime.datetime.now() - datetime.timedelta(days=30)


def local_text(instant, user):
    return timezone('UTC').localize(instant).astimezone(timezone(user.tz or 'UTC')).strftime('%Y-%m-%d %H:%M (%Z)')


def is_waiting():
    waiting = [
        ('x_sweego_relayed', '=', True), ('state', '=', 'sent'), ('x_sweego_confirmed', '=', False),
        ('write_date', '>=', oldest),
    ]
    if odoo['mail.mail'].search_count(waiting, limit=1):
        return True
    # Where Odoo deletes mails after sending, only their notifications remain.
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
    user = alert_user(servers)
    since = contacts and 'since %s' % local_text(contacts[-1], user) or 'at all'
    note = '<p>It has had no contact with Odoo %s, and mails wait for news from Sweego.<br/>Check that its service runs. Its log says why it cannot reach Odoo.</p>' % since
    open_activity(KEY, 'The Sweego bridge is silent', note, user)

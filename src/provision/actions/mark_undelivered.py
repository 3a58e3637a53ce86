# For administrators, on mail.mail: shows the selected mails as undelivered. The context may hold
# sweego_failure_type and sweego_failure_reason.
mails = (records or model.browse()).sudo()
if mails.try_lock_for_update() < mails or mails.filtered(lambda mail: mail.state == 'outgoing'):
    raise UserError('A mail that is being sent cannot be marked. Try again when Odoo has sent it.')
known = [value for value, label in mails.fields_get(['failure_type'], ['selection'])['failure_type']['selection']]
failure_type = env.context.get('sweego_failure_type')
if failure_type not in known:
    failure_type = 'unknown'
reason = env.context.get('sweego_failure_reason') or 'Marked as undelivered by %s' % env.user.name
mails.write({
    'state': 'exception',
    'failure_type': failure_type,
    'failure_reason': reason,
    'x_sweego_confirmed': False,
})
notifications = env['mail.notification'].sudo().search([
    ('mail_mail_id', 'in', mails.ids),
    ('notification_type', '=', 'email'),
    ('notification_status', '!=', 'canceled'),
])
notifications.write({'notification_status': 'exception', 'failure_type': failure_type, 'failure_reason': reason})
for mail in mails:
    _logger.info('mail.mail %s marked undelivered by an administrator', mail.id)
notifications.mail_message_id._notify_message_notification_update()

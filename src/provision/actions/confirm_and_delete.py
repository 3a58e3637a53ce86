# For administrators, on mail.mail: marks the selected mails as delivered, and deletes them.
mails = (records or model.browse()).sudo()
if mails.try_lock_for_update() < mails or mails.filtered(lambda mail: mail.state == 'outgoing'):
    raise UserError('A mail that is being sent cannot be confirmed. Try again when Odoo has sent it.')
notifications = env['mail.notification'].sudo().search([
    ('mail_mail_id', 'in', mails.ids),
    ('notification_type', '=', 'email'),
    ('notification_status', 'in', ('ready', 'process', 'exception', 'bounce')),
])
notifications.write({'notification_status': 'sent', 'failure_type': False, 'failure_reason': False})
messages = notifications.mail_message_id
for mail in mails:
    _logger.info('mail.mail %s confirmed by an administrator → deleting', mail.id)
mails.unlink()
messages.exists()._notify_message_notification_update()

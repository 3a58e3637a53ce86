# Runs daily. Deletes the mails that Odoo would have deleted after sending, and that were kept until Sweego confirms
# their delivery (x_sweego_auto_delete). Deletes no more than Odoo does after sending (mail.mail.unlink): also the
# message and its own attachments if the mail is not a notification mail. The history stays, and a later event still
# reaches the message and the notifications that remain.
#
# A mail that is being sent or retried is locked or `outgoing`: it is skipped. Odoo does not repeat a scheduled job
# after a conflict, so this code does.
# uses: sql_state, guarded

odoo = env(user=1, su=True, context={'active_test': False})
LIMIT = 1000  # mails in one run. Odoo runs the job again at once while there are more.
PAGE = 100  # mails that are locked and deleted in one transaction
# These mails are deleted:
# - Confirmed for more than a day, and still there.
# - Sent, and not confirmed for 30 days, after which pending.py stops asking. Not while Sweego's news keeps somebody's
#   envelope red.
# - Never sent, because Odoo found no address. Odoo deletes those too (_postprocess_sent_message), unless the composer
#   or an administrator marked the mail as failed. Not when Sweego has reported on the message: it bounced before then.
MAILS = """
    SELECT mail.id FROM mail_mail mail JOIN mail_message message ON message.id = mail.mail_message_id
    WHERE mail.id > %(after)s AND mail.x_sweego_relayed AND mail.x_sweego_auto_delete
    AND (
        mail.state = 'sent'
        AND mail.write_date < now() AT TIME ZONE 'UTC'
            - CASE WHEN mail.x_sweego_confirmed THEN interval '1 day' ELSE interval '30 days' END
        AND NOT EXISTS (
            SELECT FROM mail_notification WHERE mail_mail_id = mail.id AND notification_type = 'email'
            AND notification_status IN ('exception', 'bounce')
            AND (x_sweego_uid IS NOT NULL OR x_sweego_status IS NOT NULL)
        )
        -- If the mail is not a notification mail, its message is deleted too, and with it the message's other mails.
        AND (mail.is_notification OR NOT EXISTS (
            SELECT FROM mail_mail other WHERE other.mail_message_id = mail.mail_message_id AND other.id != mail.id
            AND other.state NOT IN ('sent', 'cancel')
        ))
        OR mail.state = 'exception'
        AND mail.write_date < now() AT TIME ZONE 'UTC' - interval '1 day'
        AND mail.failure_type IN ('mail_email_missing', 'mail_email_invalid')
        AND mail.failure_reason = %(no_recipient)s
        AND NOT EXISTS (SELECT FROM x_sweego_event WHERE x_message_id = message.message_id)
    )
    ORDER BY mail.id LIMIT %(page)s
    FOR UPDATE OF mail SKIP LOCKED
"""
gone = []
refused = []


def unlink(ids):
    mails = odoo['mail.mail'].browse(ids)
    mails.fetch(['mail_message_id', 'is_notification'])
    mails.unlink()


def delete_page(after):
    # Returns the mails of the page, those that were deleted and those that Odoo refused to delete. The lock fails on a
    # mail that changed since this transaction began.
    parameters = {'after': after, 'page': PAGE, 'no_recipient': odoo['ir.mail_server'].NO_VALID_RECIPIENT}
    env.cr.execute(MAILS, parameters, log_exceptions=False)
    ids = [row[0] for row in env.cr.fetchall()]
    deleted = []
    kept = []
    # All at once. If Odoo refuses one of them, one by one.
    parts = [ids] if ids else []
    while parts:
        part = parts.pop(0)
        problem = safe(unlink, part)
        if not problem:
            deleted += part
        elif sql_state(problem) in CONFLICTS:
            raise problem
        elif len(part) > 1:
            parts += [[mail_id] for mail_id in part]
        else:
            kept += part
    return ids, deleted, kept, None


def safe_page(after):
    # Not in a savepoint: after a conflict only a rollback of the whole transaction helps.
    try:
        return delete_page(after)
    except Exception as problem:
        return None, None, None, problem


after = 0
conflicts = 0
going_on = True
# Each page has its own transaction, which begins just before its mails are locked.
env.cr.commit()
while going_on:
    ids, deleted, kept, problem = safe_page(after)
    if problem:
        conflicts += 1
        env.cr.rollback()
        if sql_state(problem) not in CONFLICTS or conflicts > 5:
            raise problem
    else:
        gone += deleted
        refused += kept
        is_last = len(ids) < PAGE
        seconds = env['ir.cron']._commit_progress(len(deleted), remaining=0 if is_last else PAGE)
        going_on = not is_last and seconds and len(gone) < LIMIT
        after = ids[-1] if ids else after
if gone:
    log('sweego_bridge: deleted %d kept mails' % len(gone))
if refused:
    log('sweego_bridge: Odoo refuses to delete mail.mail %s' % ', '.join(map(str, refused[:20])), level='warning')

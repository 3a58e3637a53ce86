# Runs daily: lets go of mails that Odoo would have deleted by itself, had it not been asked to keep them until Sweego
# confirms their delivery (x_sweego_auto_delete). What goes with a mail is what Odoo deletes with it after sending
# (mail.mail.unlink): the message and its own attachments where the mail is no notification of a message, else
# nothing. The history stays, and a later event still reaches what is left.
#
# A mail that is being sent or retried is locked or `outgoing`, and is left alone. Odoo's jobs are not repeated on a
# conflict, so that is done here.
odoo = env(user=1, su=True, context={'active_test': False})
LIMIT = 1000  # mails in one run; Odoo goes on at once while there are more
PAGE = 100  # mails that are locked and deleted in one transaction
CONFLICTS = ('40001', '40P01', '55P03')
# - Confirmed, and for a day deleted by nobody.
# - Sent, and nothing was heard of it for 30 days: pending.py does not ask any more either. Not while somebody's
#   envelope is red by word of Sweego.
# - Never sent, since Odoo itself found no address to send to: it deletes those too (_postprocess_sent_message), but
#   not what the composer marked or an administrator. Not when Sweego has told of the message: then it bounced before.
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
        -- With a mail that is no notification its message goes, and with that whatever else was made of it.
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


def sql_state(problem):
    try:
        return problem.pgcode
    except Exception:
        return None


def unlink(ids):
    savepoint = env.cr.savepoint()
    done = False
    try:
        mails = odoo['mail.mail'].browse(ids)
        mails.fetch(['mail_message_id', 'is_notification'])
        mails.unlink()
        done = True
    finally:
        savepoint.close(rollback=not done)


def problem_of(ids):
    try:
        return unlink(ids)
    except Exception as problem:
        return problem


def let_go(after):
    # Mails that were looked at and deleted. What changed since this transaction began makes the lock fail.
    parameters = {'after': after, 'page': PAGE, 'no_recipient': odoo['ir.mail_server'].NO_VALID_RECIPIENT}
    env.cr.execute(MAILS, parameters, log_exceptions=False)
    ids = [row[0] for row in env.cr.fetchall()]
    deleted = []
    kept = []
    # All at once; one by one when Odoo refuses one of them.
    parts = [ids] if ids else []
    while parts:
        part = parts.pop(0)
        problem = problem_of(part)
        if not problem:
            deleted += part
        elif sql_state(problem) in CONFLICTS:
            raise problem
        elif len(part) > 1:
            parts += [[mail_id] for mail_id in part]
        else:
            kept += part
    return ids, deleted, kept, None


def tried(after):
    try:
        return let_go(after)
    except Exception as problem:
        return None, None, None, problem


after = 0
conflicts = 0
going_on = True
# A transaction of its own for each page, begun just before its mails are locked.
env.cr.commit()
while going_on:
    ids, deleted, kept, problem = tried(after)
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
    log('sweego_bridge: let go of %d mails' % len(gone))
if refused:
    log('sweego_bridge: Odoo refuses to delete mail.mail %s' % ', '.join(map(str, refused[:20])), level='warning')

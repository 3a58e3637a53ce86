# Hands one mail to Odoo's mail gateway, exactly once. Input: context key sweego_bridge = {"message": RFC 5322
# text in ASCII, "message_id": its Message-Id, "model" and "thread_id": the document, or false for Odoo's own
# routing}. Output: the result, as declared in src/odoo/reply-answers.ts.
# uses: sql_state, guarded, is_thread

request = env.context.get('sweego_bridge') or {}
message_id = request.get('message_id')
model_name = request.get('model') or False
thread_id = request.get('thread_id') or False
# As OdooBot, like Odoo's own gateway. Followers' mails are queued: sending them here would keep this transaction
# and this worker busy for the whole SMTP time. The last key lets mail_created.py cancel Odoo's refusal notices.
odoo = env(user=1, su=True, context={'mail_notify_force_send': False, 'sweego_bridge_delivering': True})
# Errors that say nothing about the mail and may not happen again.
TEMPORARY = ('LockError', 'MemoryError', 'OperationalError', 'InterfaceError', 'PoolError', 'AdminShutdown')
if not message_id or not request.get('message') or bool(model_name) != bool(thread_id):
    raise UserError('sweego_bridge: deliver needs message and message_id, and model and thread_id together')


def committed_message():
    # In a transaction of its own: this one may still see the database as it was before the former holder of the
    # lock committed, and would post the mail again.
    cursor = env.registry.cursor()
    try:
        cursor.execute(
            'SELECT id, model, res_id FROM mail_message WHERE message_id = %s ORDER BY id', (message_id,)
        )
        return cursor.fetchall()
    finally:
        cursor.close()


def hold_document():
    # Archived documents count. Until the commit the document cannot be deleted, and can be changed.
    if not 0 < thread_id < 2 ** 31:
        return False
    if odoo[model_name]._auto:
        env.cr.execute('SELECT FROM "%s" WHERE id = %%s FOR KEY SHARE' % odoo[model_name]._table, (thread_id,))
        return bool(env.cr.rowcount)
    return bool(odoo[model_name].browse(thread_id).exists())


def with_messages(result, rows):
    return {'result': result, 'messages': [{'id': row[0], 'model': row[1] or False, 'res_id': row[2] or False} for row in rows]}


def refused(reason):
    return {'result': 'refused', 'reason': reason}


def refusal_of(answer, notices):
    # message_process returns None when its loop guards stopped the mail, and False for other refusals. It writes to
    # the sender in a mail whose References begin with our Message-Id, followed by a mark unless an alias refused.
    if answer is None:
        return refused('loop' if notices else 'answers_loop_notice')
    if not notices:
        return refused('delivery_report')
    return refused('alias_policy' if (notices[0].references or '').split() == [message_id] else 'catchall')


def process():
    last = odoo['mail.mail'].search([], order='id desc', limit=1).id or 0
    answer = odoo['mail.thread'].message_process(model_name, request['message'], thread_id=thread_id)
    posted = odoo['mail.message'].search_fetch(
        [('message_id', '=', message_id)], ['model', 'res_id'], order='id'
    )
    later = odoo['mail.mail'].search([('id', '>', last), ('model', '=', False)], order='id')
    notices = odoo['mail.mail'].browse()
    for mail in later:
        if (mail.references or '').split()[:1] == [message_id]:
            notices |= mail
    if not posted:
        return refusal_of(answer, notices)
    rows = [(message.id, message.model, message.res_id) for message in posted]
    if thread_id and rows != [(rows[0][0], model_name, thread_id)]:
        return dict(with_messages('refused', rows), reason='elsewhere')
    # One of several aliases may have refused.
    notices.unlink()
    return with_messages('posted', rows)


def attempt(answer):
    # Fills in the answer. Nothing but a posted mail is kept.
    answer.update(process())
    # As OdooBot: guarded() flushes as the caller.
    odoo.flush_all()
    return answer['result'] != 'posted'


def failure_of(problem):
    name = repr(problem).partition('(')[0]
    state = sql_state(problem)
    if state in CONFLICTS or name in TEMPORARY:
        raise problem
    text = str(problem)
    if name == 'ValueError' and text.startswith(('No possible route found', 'Mailbox unavailable')):
        return refused('no_route')
    # The text of an SQL error can contain the statement's values.
    return {'result': 'failed', 'exception': name, 'text': state and 'SQL state ' + state or text[:300]}


def deliver():
    env.cr.execute('SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))', ('sweego_bridge ' + message_id,))
    if not env.cr.fetchone()[0]:
        return {'result': 'busy'}
    known = committed_message()
    if known:
        return with_messages('duplicate', known)
    if thread_id and not is_thread(model_name):
        return refused('no_thread')
    if thread_id and not hold_document():
        return {'result': 'missing'}
    answer = {}
    problem = safe(attempt, answer)
    if problem is not None:
        answer = failure_of(problem)
    if answer['result'] != 'posted':
        # Notifications of rolled back changes must not be sent after the commit.
        env.cr.postcommit.clear()
        return answer
    queue = odoo.ref('mail.ir_cron_mail_scheduler_action', raise_if_not_found=False)
    if queue:
        queue._trigger()
    return answer


action = deliver()

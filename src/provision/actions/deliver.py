# Hands one mail to Odoo's mail gateway, exactly once. Input: context key sweego_bridge = {"message": RFC 5322
# text in ASCII, "message_id": its Message-Id, "model" and "thread_id": the document, or false for Odoo's own
# routing}. Output: what became of it, as src/odoo/reply-answers.ts says.
request = env.context.get('sweego_bridge') or {}
message_id = request.get('message_id')
model_name = request.get('model') or False
thread_id = request.get('thread_id') or False
# OdooBot, like Odoo's own gateway. Followers' mails are queued: sent here, they would hold this transaction and
# worker for the whole SMTP time. The last key lets the rule for new mails hold back Odoo's refusals.
odoo = env(user=1, su=True, context={'mail_notify_force_send': False, 'sweego_bridge_delivering': True})
# What Odoo repeats the whole request for, and what concerns the moment rather than the mail.
CONFLICTS = ('40001', '40P01', '55P03')
MOMENTARY = ('LockError', 'MemoryError', 'OperationalError', 'InterfaceError', 'PoolError', 'AdminShutdown')
if not message_id or not request.get('message') or bool(model_name) != bool(thread_id):
    raise UserError('sweego_bridge: deliver needs message and message_id, and model and thread_id together')


def committed_message():
    # In a transaction of its own: this one may see the database as it was before whoever held the lock
    # committed, and would post the mail again.
    cursor = env.registry.cursor()
    try:
        cursor.execute(
            'SELECT id, model, res_id FROM mail_message WHERE message_id = %s ORDER BY id', (message_id,)
        )
        return cursor.fetchall()
    finally:
        cursor.close()


def is_thread():
    model = model_name in odoo and odoo['ir.model']._get(model_name)
    return bool(model and model.is_mail_thread and not odoo[model_name]._abstract)


def hold_document():
    # Archived documents count. Held against deletion, and against nothing else, until this is committed.
    if not 0 < thread_id < 2 ** 31:
        return False
    if odoo[model_name]._auto:
        env.cr.execute('SELECT FROM "%s" WHERE id = %%s FOR KEY SHARE' % odoo[model_name]._table, (thread_id,))
        return bool(env.cr.rowcount)
    return bool(odoo[model_name].browse(thread_id).exists())


def told(result, rows):
    return {'result': result, 'messages': [{'id': row[0], 'model': row[1] or False, 'res_id': row[2] or False} for row in rows]}


def refused(reason):
    return {'result': 'refused', 'reason': reason}


def refusal_of(answer, notices):
    # message_process says None where its loop guards stopped the mail, and False otherwise; it tells the sender
    # why in a mail that names ours first, followed by a mark unless an alias refused.
    if answer is None:
        return refused('loop' if notices else 'answers_loop_notice')
    if not notices:
        return refused('delivery_report')
    return refused('alias_policy' if (notices[0].references or '').split() == [message_id] else 'catchall')


def attempt():
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
        return dict(told('refused', rows), reason='elsewhere')
    # Of several aliases one may have refused.
    notices.unlink()
    return told('posted', rows)


def guarded():
    savepoint = env.cr.savepoint()
    done = False
    try:
        answer = attempt()
        odoo.flush_all()
        done = answer['result'] == 'posted'
        return answer
    finally:
        savepoint.close(rollback=not done)


def safe():
    try:
        return guarded(), None
    except Exception as problem:
        return None, problem


def sql_state(problem):
    try:
        return problem.pgcode
    except Exception:
        return None


def failure_of(problem):
    name = repr(problem).partition('(')[0]
    state = sql_state(problem)
    if state in CONFLICTS or name in MOMENTARY:
        raise problem
    text = str(problem)
    if name == 'ValueError' and text.startswith(('No possible route found', 'Mailbox unavailable')):
        return refused('no_route')
    # An SQL error's text can repeat values of the statement.
    return {'result': 'failed', 'exception': name, 'text': state and 'SQL state ' + state or text[:300]}


def deliver():
    env.cr.execute('SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))', ('sweego_bridge ' + message_id,))
    if not env.cr.fetchone()[0]:
        return {'result': 'busy'}
    known = committed_message()
    if known:
        return told('duplicate', known)
    if thread_id and not is_thread():
        return refused('no_thread')
    if thread_id and not hold_document():
        return {'result': 'missing'}
    answer, problem = safe()
    if problem is not None:
        answer = failure_of(problem)
    if answer['result'] != 'posted':
        # What was rolled back must not be announced after the commit.
        env.cr.postcommit.clear()
        return answer
    queue = odoo.ref('mail.ir_cron_mail_scheduler_action', raise_if_not_found=False)
    if queue:
        queue._trigger()
    return answer


action = deliver()

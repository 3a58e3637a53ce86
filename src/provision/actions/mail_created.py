# Runs for each new mail.mail (automation rule): marks and signs what will leave through a Sweego server.
# Whatever goes wrong here, the user's mail leaves as Odoo made it: see guarded() and safe().
INNER_PAD = bytes(map(lambda byte: byte ^ 54, range(256)))
OUTER_PAD = bytes(map(lambda byte: byte ^ 92, range(256)))
# Conflicts that Odoo itself repeats the whole request for; swallowing them would break that.
CONFLICTS = ('40001', '40P01', '55P03')


def hmac_sha256(key, message):
    # RFC 2104 with PostgreSQL's sha256(): one statement, no hashing in Python.
    if len(key) > 64:
        env.cr.execute("SELECT sha256(%s)", (key,))
        key = bytes(env.cr.fetchone()[0])
    block = key.ljust(64, b'\0')
    env.cr.execute(
        "SELECT encode(sha256(%s || sha256(%s || %s)), 'hex')",
        (block.translate(OUTER_PAD), block.translate(INNER_PAD), message),
    )
    return env.cr.fetchone()[0]


def reply_address_local_part(secret, model_name, record_id):
    # Key: the secret's base64 text, as installations before this one do, so that their tokens stay valid.
    payload = '%d-%s' % (record_id, model_name)
    if len('reply+') + 2 * len(payload) + len('.12345678') > 64:  # RFC 5321 section 4.5.3.1.1
        payload = '%d-#%d' % (record_id, env['ir.model']._get_id(model_name))
    signature = hmac_sha256(secret.encode(), payload.encode())
    return 'reply+%s.%s' % (payload.encode().hex(), signature[:8])


def server_of(mail):
    # The choice Odoo will make when it sends (mail.mail._split_by_mail_configuration).
    if mail.mail_server_id:
        return mail.mail_server_id
    servers = env['ir.mail_server'].sudo().search([], order='sequence, id')
    if not servers.filtered('x_sweego_enabled'):
        return servers.browse()
    finder = servers.browse()
    alias_domain = mail.record_alias_domain_id
    if alias_domain:
        finder = finder.with_context(
            domain_notifications_email=alias_domain.default_from_email,
            domain_bounce_address=alias_domain.bounce_email,
        )
    return finder._find_mail_server(mail.email_from, mail._filter_mail_mail_servers(servers))[0]


def with_header(headers, name, value):
    # `headers` is the text of a Python dict literal; what stands there stays.
    text = (headers or '').strip()
    if not text.startswith('{'):
        return repr({name: value})
    rest = text[1:].lstrip()
    separator = '' if rest.startswith('}') else ', '
    return '{%s: %s%s%s' % (repr(name), repr(value), separator, rest)


def address_in(text):
    return (text or '').rpartition('<')[2].partition('>')[0].strip().lower()


def warn_no_alias_domain(company):
    message = 'no alias domain configured for company %d: replies go where Odoo sends them' % company.id
    today = datetime.datetime.utcnow().strftime('%Y-%m-%d 00:00:00')
    if not env['ir.logging'].sudo().search_count([('message', '=', message), ('create_date', '>=', today)], limit=1):
        log(message, level='warning')


def reply_to_of(mail, server):
    # False where Odoo's own address would not stand: a template's or a user's choice is never overridden.
    model_name = mail.model
    if not model_name or not mail.res_id or model_name not in env or mail.reply_to_force_new:
        return False
    if not env['ir.model'].sudo()._get(model_name).is_mail_thread:
        return False
    headers = (mail.headers or '').lower()
    if "'list-id'" in headers or "'list-post'" in headers:
        return False
    document = env[model_name].sudo().browse(mail.res_id).exists()
    if not document:
        return False
    if mail.reply_to:
        own = document._notify_get_reply_to(default=mail.email_from, author_id=mail.author_id.id)[document.id]
        if address_in(mail.reply_to) != address_in(own):
            return False
    company = document.company_id if 'company_id' in document._fields else env.company.browse()
    alias_domain = company.alias_domain_id or env.company.sudo().alias_domain_id
    if not alias_domain:
        warn_no_alias_domain(company or env.company)
        return False
    local_part = reply_address_local_part(server.x_sweego_outbound_webhook_secret, model_name, document.id)
    address = '%s@%s' % (local_part, alias_domain.name)
    name = ' '.join((document.display_name or '').split()).replace('\\', '').replace('"', '')
    return '"%s" <%s>' % (name, address) if name else address


def prepare(mail):
    server = server_of(mail)
    if not server or not server.x_sweego_enabled or not server.x_sweego_outbound_webhook_secret:
        return
    values = {'x_sweego_relayed': True}
    if "'x-message-id'" not in (mail.headers or '').lower():
        values['headers'] = with_header(mail.headers, 'X-Message-Id', mail.message_id)
    if server.x_sweego_delete_on_sent and mail.auto_delete:
        values['auto_delete'] = False
        values['x_sweego_auto_delete'] = True
    reply_to = reply_to_of(mail, server)
    if reply_to:
        values['reply_to'] = reply_to
    mail.write(values)


def guarded(mail):
    savepoint = env.cr.savepoint()
    done = False
    try:
        prepare(mail)
        env.flush_all()
        done = True
    finally:
        savepoint.close(rollback=not done)


def safe(mail):
    try:
        return guarded(mail)
    except Exception as problem:
        return problem


def sql_state(problem):
    try:
        return problem.pgcode
    except Exception:
        return None


problem = safe(record.sudo())
if problem:
    state = sql_state(problem)
    if state in CONFLICTS:
        raise problem
    # An SQL error's text can repeat the statement's values, the secret among them: only its code is logged.
    log('sweego_bridge: mail.mail %d left unsigned: %s' % (record.id, state and 'SQL state ' + state or str(problem)[:300]), level='error')

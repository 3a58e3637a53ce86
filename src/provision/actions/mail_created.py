# Runs for each new mail.mail (automation rule): marks and signs the mails that will leave through a Sweego server.
# An error in here never stops a user's mail: it leaves as Odoo made it.
#
# Odoo compiles and checks this text again for every mail, which costs more than running it: about 3 µs for each
# bytecode instruction. So there are few functions, and SQL does what SQL can do. The `env` of an automation has all
# rights already (base.automation._process).
# uses: sql_state, guarded

# Choosing a server and signing need these fields. They are read in one query: Odoo reads manual fields one by one.
SERVER_FIELDS = (
    'active', 'from_filter', 'owner_user_id',
    'x_sweego_enabled', 'x_sweego_outbound_webhook_secret', 'x_sweego_delete_on_sent',
)
# HMAC-SHA256 (RFC 2104) with PostgreSQL's sha256(). bit_send() gives the bits after four bytes of length.
REPLY_ADDRESS_LOCAL_PART = """
    WITH padded AS (
        SELECT ('x' || rpad(encode(
            CASE WHEN length(%(key)s) > 64 THEN sha256(%(key)s) ELSE %(key)s END, 'hex'
        ), 128, '0'))::bit(512) AS key
    )
    SELECT 'reply+' || encode(%(payload)s, 'hex') || '.' || left(encode(sha256(
        substr(bit_send(key # repeat('01011100', 64)::bit(512)), 5)
        || sha256(substr(bit_send(key # repeat('00110110', 64)::bit(512)), 5) || %(payload)s)
    ), 'hex'), 8) FROM padded
"""


def reply_address_local_part(secret, model_name, record_id):
    # The key is the secret's base64 text, as in former installations, so that their tokens stay valid.
    payload = '%d-%s' % (record_id, model_name)
    if len(payload) > 24:  # 64 octets at most: RFC 5321 section 4.5.3.1.1
        payload = '%d-#%d' % (record_id, env['ir.model']._get_id(model_name))
    env.cr.execute(REPLY_ADDRESS_LOCAL_PART, {'key': secret.encode(), 'payload': payload.encode()})
    return env.cr.fetchone()[0]


def server_of(mail):
    # The server that Odoo will choose when it sends (mail.mail._split_by_mail_configuration).
    if mail.mail_server_id:
        return mail.mail_server_id
    servers = finder = env['ir.mail_server'].search_fetch([], SERVER_FIELDS, order='sequence, id')
    if not servers.filtered('x_sweego_enabled'):
        return None
    alias_domain = mail.record_alias_domain_id
    if alias_domain:
        finder = servers.with_context(
            domain_notifications_email=alias_domain.default_from_email,
            domain_bounce_address=alias_domain.bounce_email,
        )
    return finder._find_mail_server(mail.email_from, mail._filter_mail_mail_servers(servers))[0]


def address_in(text):
    return text.rpartition('<')[2].partition('>')[0].strip().lower()


def warn_no_alias_domain(company):
    message = 'no alias domain configured for company %d: replies go where Odoo sends them' % company.id
    env.cr.execute(
        "SELECT FROM ir_logging WHERE message = %s AND create_date > now() AT TIME ZONE 'UTC' - interval '1 day'",
        (message,),
    )
    if not env.cr.rowcount:
        log(message, level='warning')


def reply_to_of(mail, headers, secret):
    # False where the address was chosen by a template or a user: only Odoo's own address is replaced.
    address = address_in(mail.reply_to or '')
    if not mail.res_id or mail.reply_to_force_new or address.startswith('reply+'):
        return False
    if "'list-id'" in headers or "'list-post'" in headers:
        return False
    if mail.model not in env or not env['ir.model']._get(mail.model).is_mail_thread:
        return False
    document = env[mail.model].browse(mail.res_id).exists()
    if not document:
        return False
    company = 'company_id' in document._fields and document.company_id or env.company
    # The company's catchall is Odoo's own address. Computing that address costs as much as all the rest.
    if address and address != (company.catchall_email or '').lower():
        own = document._notify_get_reply_to(default=mail.email_from, author_id=mail.author_id.id)
        if address != address_in(own[document.id] or ''):
            return False
    alias_domain = company.alias_domain_id or env.company.alias_domain_id
    if not alias_domain:
        warn_no_alias_domain(company)
        return False
    name = ' '.join((document.display_name or '').split()).replace('\\', '').replace('"', '')
    local_part = reply_address_local_part(secret, mail.model, document.id)
    return ('"%s" <%s@%s>' if name else '%s%s@%s') % (name, local_part, alias_domain.name)


def prepare(mail):
    # When Odoo's gateway refuses a mail, it writes to the sender. During `deliver` that notice is cancelled, because
    # the bridge parks the refused mail for a human. The notice has no document and no author, unlike other mails.
    if env.context.get('sweego_bridge_delivering') and not mail.model and not mail.author_id:
        mail.write({'state': 'cancel'})
        return
    server = server_of(mail)
    secret = server and server.x_sweego_enabled and (server.x_sweego_outbound_webhook_secret or '').strip()
    if not secret:
        return
    # The text of a Python dict literal. The headers in it are kept.
    headers = (mail.headers or '').strip()
    values = {'x_sweego_relayed': True}
    if "'x-message-id'" not in headers.lower():
        others = headers[1:].lstrip() if headers.startswith('{') else '}'
        values['headers'] = "{'X-Message-Id': %r%s%s" % (mail.message_id, '' if others == '}' else ', ', others)
    if server.x_sweego_delete_on_sent and mail.auto_delete:
        values['auto_delete'] = False
        values['x_sweego_auto_delete'] = True
    reply_to = reply_to_of(mail, headers.lower(), secret)
    if reply_to:
        values['reply_to'] = reply_to
    mail.write(values)


problem = safe(prepare, record.sudo())
if problem:
    state = sql_state(problem)
    if state in CONFLICTS:
        raise problem
    # The text of an SQL error can contain the statement's values, such as the secret: only its code is logged.
    log('sweego_bridge: mail.mail %d left unsigned: %s' % (record.id, state and 'SQL state ' + state or str(problem)[:300]), level='error')

# Reads the mails that wait for news from Sweego, page by page. Input: context key sweego_bridge = {"cursor": text or
# false, "limit": number}. Writes nothing: the bridge decides what the answer means.
# uses: address_of

odoo = env(user=1, su=True, context={'active_test': False})
request = env.context.get('sweego_bridge') or {}
LIMIT = min(int(request.get('limit') or 500), 1000)
MAIL_FIELDS = ('mail_message_id', 'state', 'create_date', 'write_date')
# The bridge stops asking Sweego about mails that have waited longer.
oldest = datetime.datetime.now() - datetime.timedelta(days=30)
part, colon, after = (request.get('cursor') or 'mails:0').partition(':')
after = int(after or 0)
EVENT_FIELDS = ('x_message_id', 'x_swg_uid', 'x_type', 'x_permanence')
# The same order as in the bridge's rules about the delivery status, weakest first.
RANKING = ('email_sent', 'soft_bounce', 'delivered', 'email_opened', 'email_clicked', 'hard_bounce', 'complaint')
FINAL = RANKING[2:]


def addresses_in(text):
    # Without quoted names, which may contain commas and addresses.
    unquoted = ''.join((text or '').replace('\\"', '').split('"')[::2])
    found = []
    for part in unquoted.replace(';', ',').split(','):
        address = (part.partition('<')[2].partition('>')[0] if '<' in part else part).strip().lower()
        local_part, at, domain = address.partition('@')
        if local_part and domain and '@' not in domain and len(address.split()) == 1:
            found.append(address)
    return found


def listed_in(mail):
    people = []
    for partner in mail.recipient_ids:
        people.append((partner.id, address_of(partner)))
    for address in addresses_in(mail.email_to) + addresses_in(mail.email_cc):
        people.append((False, address))
    return people


def everybody_of(mail):
    # After a partial bounce a mail lists only the failed recipients. The bridge stores the full list in another field.
    try:
        kept = json.loads(mail.x_sweego_original_recipients or 'null')
        people = []
        for partner in kept['partners']:
            people.append((partner['partner_id'], (partner['address'] or '').strip()))
        for address in addresses_in(kept.get('email_to')) + addresses_in(kept.get('email_cc')):
            people.append((False, address))
        return people
    except Exception:
        return listed_in(mail)


def weight(event):
    kind = event.x_permanence and event.x_permanence + '_bounce' or event.x_type
    kind = 'delivered' if kind == 'clicked_unsub' else kind
    return RANKING.index(kind) if kind in RANKING else -1


def status_from(events):
    # Only the submission that began last counts, and of its events the strongest.
    weights = {}
    begins = {}
    for event in events:
        uid = event.x_swg_uid or ''
        at = str(event.x_at or '9999')
        weights[uid] = max(weights.get(uid, -1), weight(event))
        begins[uid] = min(begins.get(uid, at), at)
    newest = max(zip(begins.values(), begins))[1]
    return RANKING[weights[newest]] if weights[newest] >= 0 else False


def undecided_among(mails):
    # Failed mails of which some recipients still wait for an outcome, which would otherwise never appear. A mail that
    # failed before it reached Sweego has nothing to wait for.
    mails.fetch(['email_to', 'email_cc', 'recipient_ids', 'x_sweego_original_recipients'])
    messages = mails.mail_message_id
    messages.fetch(['message_id'])
    rows = odoo['mail.notification'].search_fetch(
        [('mail_message_id', 'in', messages.ids), ('notification_type', '=', 'email')],
        ['mail_message_id', 'res_partner_id', 'mail_email_address', 'notification_status', 'x_sweego_status'], order='id',
    )
    (mails.recipient_ids | rows.res_partner_id).fetch(['email', 'email_normalized'])
    soft = rows.filtered_domain([('x_sweego_status', '=', 'soft_bounce')]).mail_message_id
    row_of = {}
    for row in rows:
        row_of.setdefault((row.mail_message_id.id, (row.mail_email_address or '').strip().lower()), row)
    for row in rows:
        row_of.setdefault((row.mail_message_id.id, address_of(row.res_partner_id)), row)
    events_by_recipient = {}
    for event in odoo['x_sweego_event'].search_fetch(
        [('x_message_id', 'in', list(filter(None, messages.mapped('message_id'))))],
        EVENT_FIELDS + ('x_recipient', 'x_at'), order='id',
    ):
        events_by_recipient.setdefault((event.x_message_id, event.x_recipient), []).append(event)
    undecided = set()
    for mail in mails:
        message = mail.mail_message_id
        listed = [partner_id or address for partner_id, address in listed_in(mail)]
        has_reached_sweego = False
        is_open = False
        for partner_id, address in filter(lambda person: person[1], everybody_of(mail)):
            row = row_of.get((message.id, address))
            events = events_by_recipient.get((message.message_id, address))
            status = row and row.x_sweego_status or events and status_from(events)
            has_reached_sweego = has_reached_sweego or bool(status or events)
            if status == 'hard_bounce':
                # A Retry sent the mail to this recipient again: Odoo shows the notification as sent, or the mail no
                # longer lists the recipient.
                is_open = is_open or (partner_id or address) not in listed
                is_open = is_open or bool(row and row.notification_status == 'sent')
            elif status not in FINAL:
                is_open = True
        # After a soft bounce Sweego tries again: without news of a later delivery the envelope would stay red.
        if message in soft or has_reached_sweego and is_open:
            undecided.add(mail.id)
    return undecided


def last_message_before(instant):
    # Ids grow with the creation date, which has no index.
    low = 0
    high = odoo['mail.message'].search([], order='id desc', limit=1).id or 0
    while low < high:
        middle = (low + high) // 2
        found = odoo['mail.message'].search_fetch([('id', '>', middle)], ['create_date'], order='id', limit=1)
        if found and found.create_date and found.create_date < instant:
            low = found.id
        else:
            high = middle
    return low


def domain_of(message):
    # False where the text has no address, only a name for example.
    before, at, after = (message.email_from or '').rpartition('@')
    words = after.partition('>')[0].split() if at else []
    return words[0].lower() if words else False


waiting = {}
following = False
is_used = odoo['ir.mail_server'].search_count([('x_sweego_enabled', '=', True)], limit=1)
if is_used and part == 'mails':
    mails = odoo['mail.mail'].search_fetch([
        ('id', '>', after), ('x_sweego_relayed', '=', True), ('x_sweego_confirmed', '=', False),
        ('state', 'in', ('sent', 'exception')), ('write_date', '>=', oldest),
    ], MAIL_FIELDS, order='id', limit=LIMIT)
    undecided = undecided_among(mails.filtered(lambda mail: mail.state == 'exception'))
    for mail in mails:
        if mail.state == 'sent' or mail.id in undecided:
            waiting.setdefault(mail.mail_message_id, (mail.create_date, mail.write_date))
    if len(mails) == LIMIT:
        following = 'mails:%d' % mails[-1].id
    after = 0
if is_used and not following:
    # Where Odoo deletes mails after sending, only their notifications remain. The signed Reply-To then shows that the
    # mail left through Sweego. Messages from before the first provisioning are not the bridge's.
    begin = max(oldest, odoo.ref('sweego_bridge.model_sweego_event').create_date or oldest)
    notifications = odoo['mail.notification'].search_fetch([
        ('id', '>', after), ('mail_message_id', '>', last_message_before(begin)), ('mail_mail_id', '=', False),
        ('notification_type', '=', 'email'), ('mail_message_id.reply_to', 'like', 'reply+'),
        '|', '&', ('notification_status', '=', 'sent'), ('x_sweego_status', 'in', (False, 'email_sent')),
        ('x_sweego_status', '=', 'soft_bounce'),
    ], ['mail_message_id'], order='id', limit=LIMIT)
    for message in notifications.mail_message_id:
        waiting.setdefault(message, (message.create_date, message.create_date))
    if len(notifications) == LIMIT:
        following = 'notifications:%d' % notifications[-1].id

messages = odoo['mail.message'].union(*waiting)
messages.fetch(['message_id', 'email_from'])
messages = messages.filtered('message_id')
events_of = {}
for event in odoo['x_sweego_event'].search_fetch(
    [('x_message_id', 'in', messages.mapped('message_id'))], EVENT_FIELDS, order='id'
):
    known = [event.x_swg_uid or False, event.x_type or '', event.x_permanence or False]
    events_of.setdefault(event.x_message_id, []).append(known)
action = {
    'messages': [{
        'message_id': message.message_id,
        'created_at': str(waiting[message][0] or '') or False,
        'since': str(waiting[message][1] or '') or False,
        'from_domain': domain_of(message),
        'events': events_of.get(message.message_id, []),
    } for message in messages],
    'next': following,
}

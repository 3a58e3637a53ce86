# Mails that wait for word from Sweego, page by page. Input: context key sweego_bridge = {"cursor": text or false,
# "limit": number}. Reads only; what follows is decided by the bridge.
odoo = env(user=1, su=True, context={'active_test': False})
request = env.context.get('sweego_bridge') or {}
LIMIT = min(int(request.get('limit') or 500), 1000)
MAIL_FIELDS = ('mail_message_id', 'state', 'is_notification', 'create_date', 'write_date')
# What waited longer is not asked about any more.
oldest = datetime.datetime.now() - datetime.timedelta(days=30)
part, colon, after = (request.get('cursor') or 'mails:0').partition(':')
after = int(after or 0)


def addresses_in(text):
    for sign in '<>"\\,;:{}[]':
        text = text.replace(sign, ' ')
    return set(filter(lambda word: '@' in word, text.lower().split()))


def is_undecided(mail):
    # Of a mail that failed for somebody. Sweego may go on trying: a delivery that nobody told us of would leave the
    # envelope red. Or nothing is known of another recipient: his bounce would never show.
    for row in mail.mail_message_id.notification_ids:
        status = row.x_sweego_status or 'email_sent'
        if status == 'soft_bounce':
            return True
        if status == 'email_sent' and row.notification_status == 'sent' and row.mail_mail_id == mail:
            return True
    if mail.is_notification or not mail.x_sweego_original_recipients:
        return False
    told = odoo['x_sweego_event'].search([('x_message_id', '=', mail.message_id), ('x_type', '!=', 'email_sent')])
    return bool(addresses_in(mail.x_sweego_original_recipients) - set(told.mapped('x_recipient')))


def last_message_before(instant):
    # Messages are numbered in the order of their creation, and there is no index on its date.
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
    # Nothing where there is no address, as in a name alone.
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
    for mail in mails:
        if mail.state == 'sent' or is_undecided(mail):
            waiting.setdefault(mail.mail_message_id, (mail.create_date, mail.write_date))
    if len(mails) == LIMIT:
        following = 'mails:%d' % mails[-1].id
    after = 0
if is_used and not following:
    # Where Odoo deletes mails after sending, only their notifications are left; that a mail left through Sweego is
    # known by its signed Reply-To then. Older ones than the bridge itself are none of its business.
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
    [('x_message_id', 'in', messages.mapped('message_id'))], ['x_message_id', 'x_swg_uid', 'x_type'], order='id'
):
    events_of.setdefault(event.x_message_id, []).append([event.x_swg_uid or False, event.x_type or ''])
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

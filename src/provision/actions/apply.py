# Applies changes that the bridge computed from the answer of `read`, all in one transaction.
# Input: context key sweego_bridge = {"changes": [...]}. Output: one result per change, in the same order.
odoo = env(user=1, su=True, context={'active_test': False})
request = env.context.get('sweego_bridge') or {}
changes = request.get('changes') or []

NOTIFICATION_FIELDS = (
    'notification_status', 'failure_type', 'failure_reason', 'x_sweego_status', 'x_sweego_status_at',
    'x_sweego_uid', 'x_sweego_transaction_id', 'x_sweego_message_id', 'x_sweego_reason',
)
MAIL_FIELDS = (
    'state', 'failure_type', 'failure_reason', 'x_sweego_confirmed', 'recipient_ids', 'email_to', 'email_cc',
    'x_sweego_original_recipients',
)
EVENT_FIELDS = (
    'x_name', 'x_mail_id', 'x_message_id', 'x_recipient', 'x_type', 'x_at', 'x_swg_uid', 'x_event_id', 'x_transaction_id',
    'x_wire_id', 'x_permanence', 'x_failure_type', 'x_reason', 'x_line',
)
TRACE_FIELDS = (
    'trace_status', 'failure_type', 'failure_reason', 'sent_datetime', 'open_datetime', 'links_click_datetime',
)


def checked(values, allowed):
    for name in values:
        if name not in allowed:
            raise UserError('sweego_bridge: apply may not write the field %s' % name)
    if values.get('state', 'sent') not in ('sent', 'exception'):
        raise UserError('sweego_bridge: apply may not set mail.mail to this state')
    if values.get('notification_status', 'sent') not in ('sent', 'exception'):
        raise UserError('sweego_bridge: apply may not set mail.notification to this status')
    return values


def is_from_log(event_id):
    return (event_id or '').startswith('log:')


def parsed(values, name):
    # Odoo would parse a text with strptime() several times before it reaches the column.
    return dict(values, **{name: datetime.datetime.fromisoformat(values[name])}) if values.get(name) else values


def mail_values(values):
    if 'recipient_ids' not in values:
        return checked(values, MAIL_FIELDS)
    return dict(checked(values, MAIL_FIELDS), recipient_ids=[Command.set(values['recipient_ids'])])


def event_values(values, message, replaced):
    # When the message or the mail no longer exists, only the row that this one replaces says where it belonged.
    before = replaced.filtered_domain([('x_swg_uid', '!=', False), ('x_swg_uid', '=', values['x_swg_uid'])])[:1]
    return dict(
        parsed(checked(values, EVENT_FIELDS), 'x_at'),
        x_mail_id=values['x_mail_id'] or before.x_mail_id,
        x_mail_message_id=message.id or before.x_mail_message_id.id,
        x_model=message.model or before.x_model,
        x_res_id=message.res_id or before.x_res_id,
    )


# One apply at a time: a second one waits here until the first has ended, and then fails with a conflict. Odoo
# repeats it in a new transaction, which sees what the first one wrote. Otherwise both could record the same events,
# since neither would see the other's history rows. In SQL, because the ORM would clear caches after this write.
env.cr.execute(
    "UPDATE ir_model_data SET noupdate = noupdate WHERE module = 'sweego_bridge' AND name = 'action_apply'"
)
if env.cr.rowcount != 1:
    raise UserError('sweego_bridge: apply has lost its external id')

messages = odoo['mail.message'].search_fetch(
    [('id', 'in', [change['message'] for change in changes if change['message']])], ['model', 'res_id', 'author_id']
)
messages_by_id = {message.id: message for message in messages}
message_ids = set(messages.ids)

# The mails are locked before their state is read, so that no Retry by a user can come in between. The lock skips
# rows that another transaction holds: their messages are deferred.
mails = odoo['mail.mail'].search([('mail_message_id', 'in', messages.ids)], order='id')
locked = set(mails.try_lock_for_update().ids)
mails.fetch(['mail_message_id', 'state', 'is_notification'])
mails_of = {}
for mail in mails:
    mails_of.setdefault(mail.mail_message_id.id, []).append(mail)
notifications_of = {}
for notification in odoo['mail.notification'].search_fetch(
    [('mail_message_id', 'in', messages.ids), ('notification_type', '=', 'email')],
    ['mail_message_id', 'notification_status', 'x_sweego_uid'], order='id',
):
    notifications_of.setdefault(notification.mail_message_id.id, []).append(notification)
history_of = {}
for message_id, count, event_ids in odoo['x_sweego_event']._read_group(
    [('x_message_id', 'in', [change['message_id'] for change in changes])], ['x_message_id'],
    ['__count', 'x_event_id:array_agg'],
):
    history_of[message_id] = (count, sorted([name for name in event_ids if is_from_log(name)]))


def verdict(change):
    expected = change['expect']
    # Better rows may have replaced rows of Sweego's log, so the number of rows alone does not prove that none changed.
    is_known = history_of.get(change['message_id'], (0, [])) == (expected['events'], expected['log_events'])
    if not change['message']:
        return 'applied' if is_known else 'stale'
    if change['message'] not in message_ids:
        return 'gone'
    own_mails = mails_of.get(change['message'], [])
    for mail in own_mails:
        if mail.id not in locked:
            return 'deferred'
        # A mail that Odoo is sending must not be written, or Odoo sends it again. For a mail that is not a
        # notification mail, a new row that refers to its message has the same effect.
        if mail.state == 'outgoing' and (not mail.is_notification or mail.id in change['locked_mail_ids']):
            return 'deferred'
    if not is_known:
        return 'stale'
    if [[mail.id, mail.state] for mail in own_mails] != [[mail['id'], mail['state']] for mail in expected['mails']]:
        return 'stale'
    own = notifications_of.get(change['message'], [])
    seen = [[row.id, row.notification_status, row.x_sweego_uid or False] for row in own]
    if seen != [[row['id'], row['status'], row['uid'] or False] for row in expected['notifications']]:
        return 'stale'
    return 'applied'


def owned(change):
    # The mails and notifications of the change's own message: it may write no others.
    return (
        set([mail.id for mail in mails_of.get(change['message'], [])]),
        set([row.id for row in notifications_of.get(change['message'], [])]),
    )


trace_ids = [write['id'] for change in changes for write in change['trace_writes']]
traces = set(odoo['mailing.trace'].browse(trace_ids).exists().ids) if trace_ids else set()

results = []
unlinked = []
refreshed = []
created = []
events = []
replaced = odoo['x_sweego_event']
for change in changes:
    result = verdict(change)
    results.append(result)
    if result != 'applied':
        continue
    message = messages_by_id.get(change['message'], odoo['mail.message'])
    for event_id in change['event_replaces']:
        if event_id not in history_of.get(change['message_id'], (0, []))[1]:
            raise UserError('sweego_bridge: apply may only replace rows of this message that come from the log')
    before = odoo['x_sweego_event']
    if change['event_replaces']:
        before = before.search([
            ('x_message_id', '=', change['message_id']), ('x_event_id', 'in', change['event_replaces']),
        ])
        replaced |= before
    for row in change['event_creates']:
        events.append(event_values(row, message, before))
    for write in change['trace_writes']:
        if write['id'] in traces:
            odoo['mailing.trace'].browse(write['id']).write(checked(write['values'], TRACE_FIELDS))
    for address in change['blacklisted']:
        odoo['mail.blacklist']._add(address)
    for address in change['bounced_addresses']:
        for partner in odoo['res.partner'].search([('email_normalized', '=', address)]):
            partner.write({'message_bounce': partner.message_bounce + 1})
    mail_ids, notification_ids = owned(change)
    for write in change['notification_writes']:
        if write['id'] not in notification_ids:
            raise UserError('sweego_bridge: mail.notification %d is not of this message' % write['id'])
        odoo['mail.notification'].browse(write['id']).write(parsed(checked(write['values'], NOTIFICATION_FIELDS), 'x_sweego_status_at'))
    for write in change['mail_writes']:
        if write['id'] not in mail_ids:
            raise UserError('sweego_bridge: mail.mail %d is not of this message' % write['id'])
        odoo['mail.mail'].browse(write['id']).write(mail_values(write['values']))
    for row in change['notification_creates']:
        values = {
            'mail_message_id': message.id,
            'mail_mail_id': row['mail_id'] if row['mail_id'] in mail_ids else False,
            'mail_email_address': row['mail_email_address'],
            'author_id': message.author_id.id,
            'notification_type': 'email',
            'is_read': True,
        }
        values.update(checked(row['values'], NOTIFICATION_FIELDS))
        created.append(values)
    for mail_id in change['mail_unlinks']:
        if mail_id not in mail_ids:
            raise UserError('sweego_bridge: mail.mail %d is not of this message' % mail_id)
        unlinked.append(mail_id)
    if change['refresh']:
        refreshed.append(change['message'])

odoo['mail.notification'].create(created)
replaced.unlink()
odoo['x_sweego_event'].create(events)
odoo['mail.mail'].browse(unlinked).unlink()
odoo['mail.message'].browse(refreshed).exists()._notify_message_notification_update()
action = {'results': results}

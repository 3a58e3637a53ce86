# Reads what the bridge must know about this database.
odoo = env(user=1, su=True, context={})
parameters = odoo['ir.config_parameter']

# Records the contact for silent_bridge.py. In SQL, so that write_date and caches of the server stay as they are.
env.cr.execute("""
    UPDATE ir_mail_server SET x_sweego_contact_at = now() AT TIME ZONE 'UTC'
    WHERE id IN (
        SELECT id FROM ir_mail_server
        WHERE x_sweego_enabled AND coalesce(x_sweego_contact_at, '-infinity') < now() AT TIME ZONE 'UTC' - interval '50 seconds'
        FOR NO KEY UPDATE SKIP LOCKED
    )
""")


def filled(values):
    return [value.strip() for value in values if value and value.strip()]


def selection_of(model_name):
    return [value for value, label in odoo[model_name].fields_get(['failure_type'], ['selection'])['failure_type']['selection']]


# Archived servers are included: customers still answer mails that left through them. Unticking Sweego ends that.
servers = []
for server in odoo['ir.mail_server'].search(
    [('x_sweego_enabled', '=', True), ('active', 'in', (True, False))], order='active desc, sequence, id'
):
    servers.append({
        'id': server.id,
        'name': server.name,
        'from_filter': server.from_filter or False,
        'outbound_secrets': filled([server.x_sweego_outbound_webhook_secret, server.x_sweego_previous_outbound_secret]),
        'inbound_secrets': filled([server.x_sweego_inbound_webhook_secret, server.x_sweego_previous_inbound_secret]),
        'delete_on_sent': server.x_sweego_delete_on_sent,
        'show_auto_replies': server.x_sweego_show_auto_replies,
        'feed_blacklist': server.x_sweego_feed_blacklist,
        'count_bounces': server.x_sweego_count_bounces,
    })

alias_domains = []
for domain in odoo['mail.alias.domain'].search([]):
    alias_domains.append({
        'id': domain.id,
        'name': domain.name,
        'catchall_email': domain.catchall_email or False,
        'bounce_email': domain.bounce_email or False,
    })

company = odoo.ref('base.main_company', raise_if_not_found=False) or odoo['res.company'].search([], order='id', limit=1)
MINUTES = {'minutes': 1, 'hours': 60, 'days': 1440, 'weeks': 10080, 'months': 43200}
job = odoo.ref('sweego_bridge.cron_reconcile', raise_if_not_found=False)

action = {
    'provision_version': int(parameters.get_param('sweego_bridge.provision_version') or 0),
    'servers': servers,
    'alias_domains': alias_domains,
    # Somebody may have deleted the job: then the bridge does not ask Sweego.
    'reconciliation': {
        'is_on': bool(job and job.active),
        'every_minutes': job and job.interval_number * MINUTES[job.interval_type] or 30,
        'requested_at': parameters.get_param('sweego_bridge.reconcile_requested_at') or False,
    },
    'api_key': parameters.get_param('mangono_sweego.api_key') or False,
    'client_uuid': parameters.get_param('mangono_sweego.client_uuid') or False,
    'failure_types': {
        'mail': selection_of('mail.mail'),
        'notification': selection_of('mail.notification'),
    },
    'company_language': company.partner_id.lang or False,
    'languages': odoo['res.lang'].search([('active', '=', True)]).mapped('code'),
}

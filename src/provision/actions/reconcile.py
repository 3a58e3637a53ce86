# The bridge itself asks Sweego; it reads from the settings whether this job is active, and its interval. This code only
# records a "Run Manually": it runs before the job is due, or while the job is inactive. Odoo's scheduler does neither.
odoo = env(user=1, su=True, context={})
job = odoo.ref('sweego_bridge.cron_reconcile', raise_if_not_found=False)
now = datetime.datetime.now().replace(microsecond=0)
if job and (not job.active or job.nextcall > now):
    odoo['ir.config_parameter'].set_param('sweego_bridge.reconcile_requested_at', str(now))

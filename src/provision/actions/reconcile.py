# The bridge reads switch and interval of this job in its settings, and asks Sweego by itself. Left to do here: to tell
# it of "Run Manually". That runs a job ahead of its time, or one that is switched off; Odoo's scheduler does neither.
odoo = env(user=1, su=True, context={})
job = odoo.ref('sweego_bridge.cron_reconcile', raise_if_not_found=False)
now = datetime.datetime.now().replace(microsecond=0)
if job and (not job.active or job.nextcall > now):
    odoo['ir.config_parameter'].set_param('sweego_bridge.reconcile_requested_at', str(now))

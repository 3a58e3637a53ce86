# The user who gets the bridge's activities: the one chosen on the first of these mail servers that has one, else
# the user who provisioned the bridge, else the first administrator.
def is_suitable(user):
    return user.active and not user.share


def alert_user(servers):
    candidates = servers.mapped('x_sweego_alert_user_id').filtered(is_suitable)
    # The user who provisioned the bridge created its group. They may have left, and so may Odoo's first administrator.
    group = odoo.ref('sweego_bridge.group_bridge', raise_if_not_found=False)
    if not candidates and group:
        candidates = group.create_uid.filtered(is_suitable)
    if not candidates:
        candidates = odoo.ref('base.group_system').all_user_ids.sorted('id').filtered(is_suitable)
    return candidates[:1] or odoo.user

# Whether documents of this model have a chatter, so that a reply can be posted on them.
def is_thread(model_name):
    if not model_name or model_name not in odoo:
        return False
    return bool(odoo['ir.model']._get(model_name).is_mail_thread and not odoo[model_name]._abstract)

# Opens an activity without a document: the bridge knows of none. On a contact or on a record of ours, everybody who
# reads that record would see the mail, and the user would become a follower and get a mail. An activity without a
# document is visible to its user only, in the clock menu and under "Other activities" (mail.activity, Odoo 19:
# res_model may be empty).
def open_activity(key, summary, note, user):
    kind = odoo.ref('mail.mail_activity_data_todo', raise_if_not_found=False)
    odoo['mail.activity'].create({
        'x_sweego_key': key,
        'summary': summary,
        'note': note,
        'user_id': user.id,
        'activity_type_id': kind and kind.id,
        'automated': True,
    })

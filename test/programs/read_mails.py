# Reads mails with Odoo's own gateway code. MAILS is a list of texts that the caller defines above this program.
import base64, email, email.policy, hashlib, json, sys
import odoo.modules
odoo.modules.initialize_sys_path()
from odoo.addons.mail.models.mail_thread import MailThread
from odoo.tools.mail import decode_message_header, email_split_and_format


class Gateway:
    _Attachment = MailThread._Attachment

    def _message_parse_extract_payload_postprocess(self, message, payload):
        return payload


def bytes_of(attachment):
    # As mail.thread._process_attachments_for_post.
    content = attachment.content
    if isinstance(content, str):
        return content.encode(attachment.info.get('encoding') or 'utf-8')
    return content if isinstance(content, bytes) else content.as_bytes()


def read(text):
    # As mail.thread.message_process and message_parse.
    message = email.message_from_bytes(text.encode('utf-8'), policy=email.policy.SMTP)
    payload = MailThread._message_parse_extract_payload(Gateway(), message, {})
    addresses = {name: email_split_and_format(decode_message_header(message, name, separator=',')) for name in ('From', 'To', 'Cc')}
    return {
        'names': message.keys(),
        'addresses': addresses,
        'subject': decode_message_header(message, 'Subject'),
        'message_id': message.get('Message-Id').strip(),
        'in_reply_to': decode_message_header(message, 'In-Reply-To').strip(),
        'body': str(payload['body']),
        'attachments': [
            [attachment.fname, hashlib.sha256(bytes_of(attachment)).hexdigest(), attachment.info.get('cid')]
            for attachment in payload['attachments']
        ],
    }


print('READ' + json.dumps([read(text) for text in MAILS]))

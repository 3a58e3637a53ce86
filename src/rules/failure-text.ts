import type { FailureReason } from './failure-class.ts';

const sentences: Readonly<Record<FailureReason, string>> = {
  address_unknown: 'The address does not exist. Check it with the recipient.',
  mailbox_disabled: 'The mailbox is disabled. Ask the recipient for another address.',
  mailbox_full: 'The mailbox is full. The recipient must make room before the mail is sent again.',
  recipient_suppressed:
    'Sweego no longer sends to this address because it bounced before. Ask the recipient for another address.',
  sender_refused:
    'The recipient’s server refused our sending (reputation or policy). The address is not at fault.',
  message_too_big: 'The mail is too big for the recipient’s server. Send it with smaller attachments.',
  temporary: 'The recipient’s server refused the mail for now. Sweego may still deliver it.',
  unclassified: 'The mail could not be delivered.',
};

/** A sentence for the person who sent the mail: whose fault it is, and what to do. */
export function failureText(reason: FailureReason): string {
  return sentences[reason];
}

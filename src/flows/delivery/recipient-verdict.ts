import { isDelivered, isFailed } from '../../rules/delivery/delivery-status.ts';
import { hasFailed } from '../../rules/delivery/message-recipient.ts';
import type { Recipient } from '../../rules/delivery/message-recipient.ts';

/** Whether a recipient received a message, as far as Sweego and Odoo know. */
export type RecipientVerdict =
  | 'delivered'
  | 'failed'
  | 'failed for now'
  /** It failed, and Odoo has queued the mail again. */
  | 'waits to be sent again'
  /** Sweego accepted it, and no event about it has arrived. */
  | 'no word yet'
  | 'not sent yet'
  /** Odoo could not pass it to its mail server, the first time or on a retry. */
  | 'failed in Odoo'
  | 'cancelled in Odoo';

/**
 * The verdict that matches what Odoo shows. A failure reported by Sweego no longer counts after a user pressed Retry and
 * Odoo sent the mail again. Without an event from Sweego, the state of the mail in Odoo decides.
 *
 * @param recipient without new events: `before` and `now` are the same
 * @param all every recipient of the message: a failure of one sets `exception` on a mail that others received
 */
export function recipientVerdict(recipient: Recipient, all: Iterable<Recipient>): RecipientVerdict {
  const { now, mails, notification } = recipient;
  if (isDelivered(now.status)) return 'delivered';
  const areAll = (state: Recipient['mails'][number]['state']) =>
    mails.length > 0 && mails.every((mail) => mail.state === state);
  if (isFailed(now.status)) {
    if (areAll('outgoing')) return 'waits to be sent again';
    if (!hasFailed(recipient)) return 'no word yet';
    return now.status === 'hard_bounce' ? 'failed' : 'failed for now';
  }
  const isRed = notification?.status === 'exception' || notification?.status === 'bounce';
  const isOver = !areAll('outgoing') && !areAll('cancel');
  if (isRed && isOver) return 'failed in Odoo';
  // The state of such a mail is about the recipient who failed.
  if (isAnothersFailure(recipient, all)) return 'no word yet';
  if (areAll('outgoing')) return 'not sent yet';
  if (areAll('cancel')) return 'cancelled in Odoo';
  if (areAll('exception')) return 'failed in Odoo';
  return notification?.status === 'canceled' ? 'cancelled in Odoo' : 'no word yet';
}

function isAnothersFailure({ mails }: Recipient, all: Iterable<Recipient>): boolean {
  return [...all].some((other) => hasFailed(other) && other.mails.some((mail) => mails.includes(mail)));
}

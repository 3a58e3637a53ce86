import { isDelivered, isFailed } from '../../rules/delivery/delivery-status.ts';
import { hasFailed } from '../../rules/delivery/message-recipient.ts';
import type { Recipient } from '../../rules/delivery/message-recipient.ts';

/** Whether a recipient got a message, as far as Sweego and Odoo together can say. */
export type RecipientVerdict =
  | 'delivered'
  | 'failed'
  | 'failed for now'
  /** It failed, and Odoo has the mail in its queue once more. */
  | 'waits to be sent again'
  /** Handed to Sweego, which has not told what became of it. */
  | 'no word yet'
  | 'not sent yet'
  /** Never handed over, or not once more: the fault is between Odoo and its mail server. */
  | 'failed in Odoo'
  | 'cancelled in Odoo';

/**
 * The verdict that agrees with what Odoo shows: a failure that Sweego told does not count any more once a user's
 * Retry has sent the mail again, and without a word of Sweego's the state of the mail in Odoo decides.
 *
 * @param recipient with nothing fresh: `before` and `now` are the same
 * @param all every recipient of the message: one's failure makes `exception` of a mail that others got too
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
  // Such a mail's state tells of the attempts for the one who failed.
  if (isAnothersFailure(recipient, all)) return 'no word yet';
  if (areAll('outgoing')) return 'not sent yet';
  if (areAll('cancel')) return 'cancelled in Odoo';
  if (areAll('exception')) return 'failed in Odoo';
  return notification?.status === 'canceled' ? 'cancelled in Odoo' : 'no word yet';
}

function isAnothersFailure({ mails }: Recipient, all: Iterable<Recipient>): boolean {
  return [...all].some((other) => hasFailed(other) && other.mails.some((mail) => mails.includes(mail)));
}

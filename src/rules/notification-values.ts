import { isDelivered, isFailed, type DeliveryEvent } from './delivery-status.ts';
import { failureText } from './failure-text.ts';
import type { Recipient } from './message-recipient.ts';
import type { NotificationState, NotificationValues } from './message-state.ts';

/** Selection values of the two failure_type fields, as this database has them. */
export type FailureTypes = { mail: readonly string[]; notification: readonly string[] };

export function notificationValues(
  recipient: Omit<Recipient, 'notification'>,
  notification: NotificationState | undefined,
  failureTypes: FailureTypes,
): NotificationValues {
  const { now, cause } = recipient;
  const failure = isFailed(now.status) ? (cause?.failure ?? null) : null;
  const kept: NotificationValues = {
    ...(now.status === null ? {} : { x_sweego_status: now.status }),
    x_sweego_status_at: now.at === null ? false : odooDatetime(now.at),
    x_sweego_uid: now.uid ?? false,
    x_sweego_transaction_id: now.transactionId ?? false,
    x_sweego_message_id: now.wireMessageId ?? false,
  };
  if (cause === undefined) return kept;
  if (failure !== null) {
    const values = { ...kept, x_sweego_reason: failure.line ?? failureText(failure.reason) };
    // What a user has dismissed stays dismissed for this submission.
    const dismissed = notification?.status === 'canceled' && !isNewSubmission(recipient);
    if (dismissed) return values;
    return {
      ...values,
      notification_status: 'exception',
      failure_type: allowedType(failure.failureType, failureTypes.notification),
      failure_reason: failureReason(failure),
    };
  }
  const cleared = { ...kept, x_sweego_reason: false as const };
  const red = notification?.status !== 'sent' && notification?.status !== 'canceled';
  if (!isDelivered(now.status) || !red) return cleared;
  return { ...cleared, notification_status: 'sent', failure_type: false, failure_reason: false };
}

function isNewSubmission({ before, now }: Omit<Recipient, 'notification'>): boolean {
  return before.uid !== null && before.uid !== now.uid;
}

export function failureReason(failure: NonNullable<DeliveryEvent['failure']>): string {
  const sentence = failureText(failure.reason);
  return failure.line === null ? sentence : `${sentence}\n${failure.line}`;
}

/** A value outside the selection of this database would make Odoo refuse the whole batch. */
export function allowedType(wanted: string, selection: readonly string[]): string {
  return selection.includes(wanted) ? wanted : 'unknown';
}

/** Odoo's datetimes: UTC, seconds. */
function odooDatetime(at: Date): string {
  return at.toISOString().slice(0, 19).replace('T', ' ');
}

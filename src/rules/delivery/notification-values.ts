import type { BridgeSettings } from '../../odoo/bridge-answers.ts';
import type { NotificationValues } from '../../odoo/message-change.ts';
import type { HistoryEvent, NotificationState } from '../../odoo/message-state.ts';
import type { Language } from '../language.ts';
import { isDelivered, isFailed } from './delivery-status.ts';
import { failureText } from './failure-text.ts';
import { hasFailed, isMoved } from './message-recipient.ts';
import type { Recipient } from './message-recipient.ts';

/** What the rules must know about the database. */
export type OdooFacts = {
  /** Selection values of the two failure_type fields. */
  failureTypes: BridgeSettings['failure_types'];
  /** The language of the sentences for people. */
  language: Language;
};

/**
 * The changes to a recipient's notification; decides whether its envelope turns red (`exception`). Empty when nothing
 * changes.
 */
export function notificationValues(
  recipient: Recipient,
  notification: NotificationState | undefined,
  facts: OdooFacts,
): NotificationValues {
  const kept = differing(keptValues(recipient), notification);
  return isMoved(recipient) ? { ...kept, ...statusValues(recipient, notification, facts) } : kept;
}

function keptValues({ now }: Recipient): NotificationValues {
  return {
    x_sweego_status: now.status ?? false,
    x_sweego_status_at: odooDatetime(now.event?.at ?? null),
    x_sweego_uid: now.uid ?? false,
    x_sweego_transaction_id: now.transactionId ?? false,
    x_sweego_message_id: now.wireMessageId ?? false,
  };
}

function statusValues(
  recipient: Recipient,
  notification: NotificationState | undefined,
  facts: OdooFacts,
): NotificationValues {
  const { before, now } = recipient;
  if (now.event !== null && isFailed(now.status)) {
    const reason: NotificationValues = { x_sweego_reason: now.event.reason ?? false };
    // A failure that a user has dismissed stays dismissed for this submission.
    const isDismissed = notification?.status === 'canceled' && notification.sweego_uid === now.uid;
    if (isDismissed || !hasFailed(recipient)) return reason;
    return {
      ...reason,
      notification_status: 'exception',
      failure_type: allowedType(now.event.failure_type, facts.failureTypes.notification),
      failure_reason: failureReason(now.event, facts.language),
    };
  }
  const cleared = isFailed(before.status) ? { x_sweego_reason: false as const } : {};
  const isRed = notification?.status === 'exception' || notification?.status === 'bounce';
  const isUnsent = notification?.status === 'ready' || notification?.status === 'process';
  const isOver = isDelivered(now.status) ? isRed || isUnsent : isRed && isFailed(before.status);
  if (!isOver) return cleared;
  return { ...cleared, notification_status: 'sent', failure_type: false, failure_reason: false };
}

/** A sentence for people and, below it, the SMTP line. */
export function failureReason(event: HistoryEvent, language: Language): string {
  const sentence = failureText(event.reason, language);
  return event.smtp_line === null ? sentence : `${sentence}\n${event.smtp_line}`;
}

/** The wanted value if the database's selection has it. Any other value would make Odoo refuse the whole batch. */
export function allowedType(wanted: string | null, selection: readonly string[]): string {
  return wanted !== null && selection.includes(wanted) ? wanted : 'unknown';
}

/** A datetime as Odoo writes it: UTC, in whole seconds. */
export function odooDatetime(at: Date | null): string | false {
  return at === null ? false : at.toISOString().slice(0, 19).replace('T', ' ');
}

function differing(values: NotificationValues, row: NotificationState | undefined): NotificationValues {
  if (row === undefined) return values;
  const current: NotificationValues = {
    x_sweego_status: row.sweego_status ?? false,
    x_sweego_status_at: odooDatetime(row.sweego_status_at),
    x_sweego_uid: row.sweego_uid ?? false,
    x_sweego_transaction_id: row.sweego_transaction_id ?? false,
    x_sweego_message_id: row.sweego_message_id ?? false,
  };
  return Object.fromEntries(
    Object.entries(values).filter(([name, value]) => current[name as keyof NotificationValues] !== value),
  );
}

import type { EventValues } from '../../odoo/message-change.ts';
import type { HistoryEvent } from '../../odoo/message-state.ts';
import { odooDatetime } from './notification-values.ts';

/**
 * The row of x_sweego_event for an event. Odoo shows `x_name` as the name of the row.
 *
 * @param mailId mail.mail id, 0 when the mail no longer exists
 */
export function eventValues(messageId: string, event: HistoryEvent, mailId: number): EventValues {
  return {
    x_name: `${event.type} ${event.recipient}`,
    x_mail_id: mailId,
    x_message_id: messageId,
    x_recipient: event.recipient,
    x_type: event.type,
    x_at: odooDatetime(event.at),
    x_swg_uid: event.swg_uid ?? false,
    x_event_id: event.event_id ?? false,
    x_transaction_id: event.transaction_id ?? false,
    x_wire_id: event.wire_id ?? false,
    x_permanence: event.permanence ?? false,
    x_failure_type: event.failure_type ?? false,
    x_reason: event.reason ?? false,
    x_line: event.smtp_line ?? false,
  };
}

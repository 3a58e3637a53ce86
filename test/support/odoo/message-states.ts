import type {
  HistoryEvent,
  MailState,
  MessageState,
  NotificationState,
} from '../../../src/odoo/message-state.ts';
import type { OdooFacts } from '../../../src/rules/delivery/notification-values.ts';

/** Odoo's own selection values, as far as the tests need them: mail.mail knows no mail_bounce. */
export const odooFacts: OdooFacts = {
  failureTypes: {
    mail: ['unknown', 'mail_smtp', 'mail_email_invalid'],
    notification: ['unknown', 'mail_smtp', 'mail_email_invalid', 'mail_bl', 'mail_bounce'],
  },
  language: 'en',
};

const failures: Readonly<Record<string, Partial<HistoryEvent>>> = {
  hard_bounce: {
    permanence: 'hard',
    failure_type: 'mail_email_invalid',
    reason: 'address_unknown',
    smtp_line: '550 5.1.1 User unknown',
  },
  soft_bounce: {
    permanence: 'soft',
    failure_type: 'mail_smtp',
    reason: 'temporary',
    smtp_line: '451 4.2.0 Later',
  },
};

/** An event about a recipient, by default of a submission to them alone. */
export function historyEvent(
  type: string,
  recipient: string,
  changes: Partial<HistoryEvent> = {},
): HistoryEvent {
  return {
    recipient,
    type,
    at: new Date('2026-11-01T10:00:00Z'),
    swg_uid: `01-${recipient}`,
    event_id: null,
    transaction_id: 'transaction',
    wire_id: null,
    permanence: null,
    failure_type: null,
    reason: null,
    smtp_line: null,
    ...failures[type],
    ...changes,
  };
}

export function mailState(changes: Partial<MailState> = {}): MailState {
  return {
    id: 10,
    state: 'sent',
    is_notification: true,
    auto_delete_requested: true,
    confirmed: false,
    recipients: [
      { partner_id: 1, address: 'jane@example.com' },
      { partner_id: 2, address: 'joe@example.com' },
    ],
    email_to: null,
    email_cc: null,
    original_recipients: null,
    ...changes,
  };
}

export function notificationState(
  id: number,
  address: string,
  changes: Partial<NotificationState> = {},
): NotificationState {
  return {
    id,
    mail_id: 10,
    address,
    recorded_address: null,
    status: 'sent',
    failure_type: null,
    sweego_status: null,
    sweego_status_at: null,
    sweego_uid: null,
    sweego_transaction_id: null,
    sweego_message_id: null,
    ...changes,
  };
}

/** A message of an order to Jane and Joe, in one mail. */
export function messageState(changes: Partial<MessageState> = {}): MessageState {
  return {
    message_id: '<1@example.com>',
    id: 5,
    model: 'sale.order',
    res_id: 7,
    mails: [mailState()],
    notifications: [notificationState(21, 'jane@example.com'), notificationState(22, 'joe@example.com')],
    events: [],
    traces: [],
    ...changes,
  };
}

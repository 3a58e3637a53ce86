import { z } from 'zod';
import { datetime, optionalText, recordId } from './odoo-fields.ts';

const MailState = z.object({
  id: z.number().int(),
  state: z.enum(['outgoing', 'sent', 'received', 'exception', 'cancel']),
  is_notification: z.boolean(),
  /** Odoo would have deleted it after sending (x_sweego_auto_delete). */
  auto_delete_requested: z.boolean(),
  /** Sweego has delivered it to every recipient. */
  confirmed: z.boolean(),
  /** recipient_ids with their normalised addresses. */
  recipients: z.array(z.object({ partner_id: z.number().int(), address: optionalText })),
  /** Header text with one or more addresses. */
  email_to: optionalText,
  email_cc: optionalText,
  /** JSON of all recipients, stored while the mail lists only the failed ones (retry-recipients.ts). */
  original_recipients: optionalText,
});
export type MailState = z.infer<typeof MailState>;

const NotificationState = z.object({
  id: z.number().int(),
  mail_id: recordId,
  /** The partner's present normalised address, else the recorded one. */
  address: optionalText,
  /** `mail_email_address`. */
  recorded_address: optionalText,
  status: z.string(),
  failure_type: optionalText,
  sweego_status: optionalText,
  sweego_status_at: datetime,
  sweego_uid: optionalText,
  sweego_transaction_id: optionalText,
  sweego_message_id: optionalText,
});
export type NotificationState = z.infer<typeof NotificationState>;

/** One row of the history (x_sweego_event): one event about one recipient. */
const HistoryEvent = z.object({
  /** Normalised address. */
  recipient: z.string(),
  /** Sweego's event type, with `_` as separator. */
  type: z.string(),
  /** In whole seconds, by Sweego's clock. */
  at: datetime,
  swg_uid: optionalText,
  event_id: optionalText,
  transaction_id: optionalText,
  /** The Message-Id on the wire. */
  wire_id: optionalText,
  /** How final a bounce really is. `null` for other events. */
  permanence: z
    .union([z.enum(['soft', 'hard']), z.literal(false)])
    .transform((value) => (value === false ? null : value)),
  failure_type: optionalText,
  /** A `FailureReason` of failure-class.ts. */
  reason: optionalText,
  /** The line in the log of Sweego's mail server. */
  smtp_line: optionalText,
});
export type HistoryEvent = z.infer<typeof HistoryEvent>;

/** A row of mailing.trace. */
const TraceState = z.object({
  id: z.number().int(),
  /** mail.mail id, even after the mail is deleted. */
  mail_id: recordId,
  /** Normalised address. */
  email: z.string(),
  status: z.string(),
  failure_type: optionalText,
  clicked: z.boolean(),
});
export type TraceState = z.infer<typeof TraceState>;

/** One mail.message in Odoo. The names are Odoo's. */
const MessageState = z.object({
  /** RFC 5322 Message-Id with angle brackets. */
  message_id: z.string(),
  /** mail.message id. */
  id: z.number().int(),
  model: optionalText,
  res_id: recordId,
  mails: z.array(MailState),
  notifications: z.array(NotificationState),
  /** Its history, in no particular order. */
  events: z.array(HistoryEvent),
  /** Rows of campaign statistics, where mass mailing is installed. */
  traces: z.array(TraceState),
});
export type MessageState = z.infer<typeof MessageState>;

/** A deleted message of which a history or a row of a campaign remains. */
const GoneMessage = MessageState.pick({ message_id: true, events: true, traces: true });
export type GoneMessage = z.infer<typeof GoneMessage>;

/** What the provisioned action `read` answers. */
export const ReadAnswer = z.object({ messages: z.array(MessageState), gone: z.array(GoneMessage) });
export type ReadAnswer = z.infer<typeof ReadAnswer>;

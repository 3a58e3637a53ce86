import { z } from 'zod';
import { datetime, optionalText, recordId } from './odoo-fields.ts';

const MailState = z.object({
  id: z.number().int(),
  state: z.enum(['outgoing', 'sent', 'received', 'exception', 'cancel']),
  is_notification: z.boolean(),
  /** Odoo would have deleted it after sending (x_sweego_auto_delete). */
  delete_wished: z.boolean(),
  /** Every recipient is known to be delivered. */
  confirmed: z.boolean(),
  /** recipient_ids with their normalised addresses. */
  recipients: z.array(z.object({ partner_id: z.number().int(), address: optionalText })),
  /** Header text with one or more addresses. */
  email_to: optionalText,
  email_cc: optionalText,
  /** JSON of all recipients, kept while the list is cut down to those who failed (retry-recipients.ts). */
  original_recipients: optionalText,
});
export type MailState = z.infer<typeof MailState>;

const NotificationState = z.object({
  id: z.number().int(),
  mail_id: recordId,
  /** The partner's normalised address of today, else the recorded one. */
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

/** One row of the history (x_sweego_event): an event about one recipient. */
const HistoryEvent = z.object({
  /** Normalised address. */
  recipient: z.string(),
  /** Sweego's event type with `_` for every separator. */
  type: z.string(),
  /** Whole seconds, Sweego's clock. */
  at: datetime,
  swg_uid: optionalText,
  event_id: optionalText,
  transaction_id: optionalText,
  /** The Message-Id on the wire. */
  wire_id: optionalText,
  /** How final a bounce really is; `null` for everything else. */
  permanence: z
    .union([z.enum(['soft', 'hard']), z.literal(false)])
    .transform((value) => (value === false ? null : value)),
  failure_type: optionalText,
  /** FailureReason. */
  reason: optionalText,
  /** The raw line of Sweego's mail server. */
  line: optionalText,
});
export type HistoryEvent = z.infer<typeof HistoryEvent>;

/** A row of mailing.trace. */
const TraceState = z.object({
  id: z.number().int(),
  /** mail.mail id, also after the mail is gone. */
  mail_id: recordId,
  /** Normalised address. */
  email: z.string(),
  status: z.string(),
  failure_type: optionalText,
  clicked: z.boolean(),
});
export type TraceState = z.infer<typeof TraceState>;

/** What Odoo holds of one mail.message. The names are Odoo's. */
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

/** A message that Odoo does not have any more, of which there is a history or a campaign's row. */
const GoneMessage = MessageState.pick({ message_id: true, events: true, traces: true });
export type GoneMessage = z.infer<typeof GoneMessage>;

/** What the provisioned action `read` answers. */
export const ReadAnswer = z.object({ messages: z.array(MessageState), gone: z.array(GoneMessage) });
export type ReadAnswer = z.infer<typeof ReadAnswer>;

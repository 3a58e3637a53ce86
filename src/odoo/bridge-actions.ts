import { z } from 'zod';

/** Version of the provisioned actions that this program speaks to. */
export const provisionVersion = 1;

/** Odoo sends `false` for an empty field; so nothing empty ever becomes the text "false". */
const text = z
  .union([z.string(), z.literal(false), z.null()])
  .transform((value) => (value === false || value === '' ? null : value));
const recordId = z
  .union([z.number().int(), z.literal(false), z.null()])
  .transform((value) => (value === false || value === 0 ? null : value));
const odooDatetime = text.transform((value) =>
  value === null ? null : new Date(`${value.replace(' ', 'T')}Z`),
);

const BridgeSettings = z.object({
  provision_version: z.number().int(),
  servers: z.array(
    z.object({
      id: z.number().int(),
      name: z.string(),
      from_filter: text,
      /** Base64 texts as typed by the administrator; the current one first, then the previous one. */
      outbound_secrets: z.array(z.string()),
      inbound_secrets: z.array(z.string()),
      delete_on_sent: z.boolean(),
      show_auto_replies: z.boolean(),
    }),
  ),
  alias_domains: z.array(
    z.object({ id: z.number().int(), name: z.string(), catchall_email: text, bounce_email: text }),
  ),
  api_key: text,
  client_uuid: text,
  /** The selection values of this database, so that nothing outside them is ever written. */
  failure_types: z.object({ mail: z.array(z.string()), notification: z.array(z.string()) }),
  languages: z.array(z.string()),
});
export type BridgeSettings = z.infer<typeof BridgeSettings>;

const MailState = z.object({
  id: z.number().int(),
  state: z.enum(['outgoing', 'sent', 'received', 'exception', 'cancel']),
  is_notification: z.boolean(),
  /** Made for a Sweego server: the automation rule marked it. */
  relayed: z.boolean(),
  /** Odoo would have deleted it after sending (x_sweego_auto_delete). */
  delete_wished: z.boolean(),
  confirmed: z.boolean(),
  /** `email_normalized` of recipient_ids. */
  recipients: z.array(z.string()),
  /** `email_to` as written by Odoo: header text with one or more addresses. */
  email_to: text,
  /** JSON kept for mails without notifications, as written by the bridge; see rules/delivery-status. */
  recipient_states: text,
});
export type MailState = z.infer<typeof MailState>;

const NotificationState = z.object({
  id: z.number().int(),
  mail_id: recordId,
  /** The partner's `email_normalized` of today, else `mail_email_address`, lower-cased. */
  address: text,
  /** Another address this row is known by (`mail_email_address`), where both exist. */
  recorded_address: text,
  status: z.string(),
  failure_type: text,
  sweego_status: text,
  sweego_status_at: odooDatetime,
  sweego_uid: text,
  sweego_transaction_id: text,
  sweego_message_id: text,
});
export type NotificationState = z.infer<typeof NotificationState>;

const MessageState = z.object({
  message_id: z.string(),
  id: z.number().int(),
  model: text,
  res_id: recordId,
  document_exists: z.boolean(),
  mails: z.array(MailState),
  notifications: z.array(NotificationState),
});
export type MessageState = z.infer<typeof MessageState>;

/** Fields of mail.notification that `apply` accepts. Datetimes are UTC `YYYY-MM-DD HH:MM:SS`. */
export type NotificationValues = Partial<{
  notification_status: 'sent' | 'exception';
  failure_type: string | false;
  failure_reason: string | false;
  x_sweego_status: string;
  x_sweego_status_at: string;
  x_sweego_uid: string;
  x_sweego_transaction_id: string;
  x_sweego_message_id: string;
  x_sweego_reason: string | false;
}>;

/** Fields of mail.mail that `apply` accepts. */
export type MailValues = Partial<{
  state: 'sent' | 'exception';
  failure_type: string | false;
  failure_reason: string | false;
  x_sweego_confirmed: boolean;
  x_sweego_recipient_states: string;
}>;

/**
 * What shall become of one message. `expect` repeats what was read: the change is refused as `stale` when
 * anything of it moved in between, and as `deferred` while a mail of the message is `outgoing`.
 */
export type MessageChange = {
  /** mail.message id. */
  message: number;
  expect: {
    mails: readonly { id: number; state: string }[];
    notifications: readonly { id: number; status: string; uid: string | null }[];
  };
  notification_writes: readonly { id: number; values: NotificationValues }[];
  /** New rows for a recipient who has none; they never name a partner, which would grant him reading. */
  notification_creates: readonly {
    mail_id: number | null;
    mail_email_address: string;
    values: NotificationValues;
  }[];
  mail_writes: readonly { id: number; values: MailValues }[];
  mail_unlinks: readonly number[];
  /** Whether the envelope changes colour, so that open chatters must hear of it. */
  refresh: boolean;
};

/**
 * - `applied`: written and committed with the batch.
 * - `deferred`: a mail of the message is `outgoing` or locked by somebody: nothing was touched, try later.
 * - `stale`: the message is not as it was read: read and decide again.
 * - `gone`: the message does not exist any more.
 */
const ApplyResult = z.enum(['applied', 'deferred', 'stale', 'gone']);
export type ApplyResult = z.infer<typeof ApplyResult>;

/** The provisioned server actions of Odoo, typed. Each call is one transaction in Odoo. */
export type BridgeActions = {
  settings(): Promise<BridgeSettings>;
  /** What Odoo knows of these Message-Ids (with angle brackets). Unknown ones are absent; several messages may share one. */
  read(messageIds: readonly string[]): Promise<MessageState[]>;
  /** One result per change, in order. A Python or SQL error undoes the whole batch and is thrown. */
  apply(changes: readonly MessageChange[]): Promise<ApplyResult[]>;
};

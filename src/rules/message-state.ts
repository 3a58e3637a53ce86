/**
 * What Odoo holds of one mail.message, as the provisioned action `read` tells it, and what shall become of
 * it, as the action `apply` takes it. The names are Odoo's.
 */
export type MessageState = {
  /** RFC 5322 Message-Id with angle brackets. */
  message_id: string;
  /** mail.message id. */
  id: number;
  model: string | null;
  res_id: number | null;
  document_exists: boolean;
  mails: readonly MailState[];
  notifications: readonly NotificationState[];
};

export type MailState = {
  id: number;
  state: 'outgoing' | 'sent' | 'received' | 'exception' | 'cancel';
  is_notification: boolean;
  /** Made for a Sweego server: the automation rule marked it. */
  relayed: boolean;
  /** Odoo would have deleted it after sending (x_sweego_auto_delete). */
  delete_wished: boolean;
  /** Every recipient is known to be delivered. */
  confirmed: boolean;
  /** Normalised addresses of recipient_ids. */
  recipients: readonly string[];
  /** Header text with one or more addresses. */
  email_to: string | null;
  email_cc: string | null;
  /** JSON of `RecipientStates`, for recipients who have no notification. */
  recipient_states: string | null;
};

export type NotificationState = {
  id: number;
  mail_id: number | null;
  /** The partner's normalised address of today, else the recorded one. */
  address: string | null;
  /** `mail_email_address`. */
  recorded_address: string | null;
  status: string;
  failure_type: string | null;
  sweego_status: string | null;
  sweego_status_at: Date | null;
  sweego_uid: string | null;
  sweego_transaction_id: string | null;
  sweego_message_id: string | null;
};

/** Fields of mail.notification that `apply` writes. Datetimes are UTC `YYYY-MM-DD HH:MM:SS`. */
export type NotificationValues = {
  notification_status?: 'sent' | 'exception';
  failure_type?: string | false;
  failure_reason?: string | false;
  x_sweego_status?: string;
  x_sweego_status_at?: string | false;
  x_sweego_uid?: string | false;
  x_sweego_transaction_id?: string | false;
  x_sweego_message_id?: string | false;
  x_sweego_reason?: string | false;
};

/** Fields of mail.mail that `apply` writes. */
export type MailValues = {
  state?: 'sent' | 'exception';
  failure_type?: string | false;
  failure_reason?: string | false;
  x_sweego_confirmed?: boolean;
  x_sweego_recipient_states?: string;
};

/**
 * What shall become of one message. `expect` repeats what was read: `apply` refuses the change as `stale`
 * when anything of it moved in between, and as `deferred` while a mail of the message is `outgoing`.
 */
export type MessageChange = {
  /** mail.message id. */
  message: number;
  expect: {
    mails: readonly { id: number; state: string }[];
    notifications: readonly { id: number; status: string; uid: string | null }[];
  };
  notification_writes: readonly { id: number; values: NotificationValues }[];
  /** Rows for recipients who have none. They name no partner, which would grant him reading the message. */
  notification_creates: readonly {
    mail_id: number | null;
    mail_email_address: string;
    values: NotificationValues;
  }[];
  mail_writes: readonly { id: number; values: MailValues }[];
  mail_unlinks: readonly number[];
  /** Whether an envelope changes colour, so that open chatters must hear of it. */
  refresh: boolean;
};

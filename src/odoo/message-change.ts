import { z } from 'zod';

/** Fields of mailing.trace that `apply` writes. */
export type TraceValues = {
  trace_status?: 'sent' | 'open' | 'bounce' | 'error';
  failure_type?: string | false;
  failure_reason?: string | false;
  sent_datetime?: string | false;
  open_datetime?: string | false;
  links_click_datetime?: string | false;
};

/** Fields of mail.notification that `apply` writes. Datetimes are UTC `YYYY-MM-DD HH:MM:SS`. */
export type NotificationValues = {
  notification_status?: 'sent' | 'exception';
  failure_type?: string | false;
  failure_reason?: string | false;
  x_sweego_status?: string | false;
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
  /** The complete new list of partner ids. */
  recipient_ids?: readonly number[];
  email_to?: string | false;
  email_cc?: string | false;
  x_sweego_original_recipients?: string | false;
};

/** A row for x_sweego_event. */
export type EventValues = {
  x_name: string;
  /** mail.mail id. The traces of a campaign are found by it, even after the mail is deleted. */
  x_mail_id: number;
  x_message_id: string;
  x_recipient: string;
  x_type: string;
  x_at: string | false;
  x_swg_uid: string | false;
  x_event_id: string | false;
  x_transaction_id: string | false;
  x_wire_id: string | false;
  x_permanence: string | false;
  x_failure_type: string | false;
  x_reason: string | false;
  x_line: string | false;
};

/**
 * The changes of one message. `expect` repeats what was read: when any of it differs at the time of writing, `apply`
 * answers `stale`. It answers `deferred` while a mail in `locked_mail_ids` is `outgoing`, or any mail of the message
 * that is not a notification mail.
 */
export type MessageChange = {
  /** mail.message id; `null` when the message is deleted and only its history continues. */
  message: number | null;
  /** The history is found by this Message-Id. */
  message_id: string;
  expect: {
    mails: readonly { id: number; state: string }[];
    notifications: readonly { id: number; status: string; uid: string | null }[];
    /** The number of rows in its history. */
    events: number;
    /**
     * The sorted `x_event_id`s of its rows from Sweego's log. Only these rows are ever replaced. So a history with the
     * same number of rows and the same ids is unchanged.
     */
    log_events: readonly string[];
  };
  /** mail.mail ids of the recipients that the change is about. */
  locked_mail_ids: readonly number[];
  notification_writes: readonly { id: number; values: NotificationValues }[];
  /** Rows for recipients without one. They name no partner, because a named partner may read the message. */
  notification_creates: readonly {
    mail_id: number | null;
    mail_email_address: string;
    values: NotificationValues;
  }[];
  mail_writes: readonly { id: number; values: MailValues }[];
  mail_unlinks: readonly number[];
  /** `x_event_id`s of rows from Sweego's log that a row of `event_creates` replaces. */
  event_replaces: readonly string[];
  event_creates: readonly EventValues[];
  trace_writes: readonly { id: number; values: TraceValues }[];
  /** Addresses for mail.blacklist. */
  blacklisted: readonly string[];
  /** Addresses whose contacts get one more on their bounce counter. */
  bounced_addresses: readonly string[];
  /** Whether an envelope changes colour, so that open chatters must be refreshed. */
  refresh: boolean;
};

/**
 * - `applied`: written, and committed with the batch.
 * - `deferred`: a mail of the message is `outgoing`, or another transaction holds it. Nothing was written; retry later.
 * - `stale`: the message has changed since it was read. Read it and decide again.
 * - `gone`: the message no longer exists.
 */
const ApplyResult = z.enum(['applied', 'deferred', 'stale', 'gone']);
export type ApplyResult = z.infer<typeof ApplyResult>;
/** What the provisioned action `apply` answers. */
export const ApplyAnswer = z.object({ results: z.array(ApplyResult) });

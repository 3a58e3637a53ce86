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
  /** The whole new list of partner ids. */
  recipient_ids?: readonly number[];
  email_to?: string | false;
  email_cc?: string | false;
  x_sweego_original_recipients?: string | false;
};

/** A row for x_sweego_event. */
export type EventValues = {
  x_name: string;
  /** mail.mail id, which traces of a campaign are found by after the mail is gone. */
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
 * What shall become of one message. `expect` repeats what was read: `apply` refuses the change as `stale`
 * when anything of it moved in between, and as `deferred` while a mail in `touches`, or one that is no
 * notification mail, is `outgoing`.
 */
export type MessageChange = {
  /** mail.message id; `null` when the message is gone and only its history is continued. */
  message: number | null;
  /** Its Message-Id, which its history is found by. */
  message_id: string;
  expect: {
    mails: readonly { id: number; state: string }[];
    notifications: readonly { id: number; status: string; uid: string | null }[];
    /** How many rows its history had. */
    events: number;
    /**
     * `x_event_id`s of those of them that Sweego's log told, sorted. Only these are ever taken away, each when a
     * better one takes its place; so a history with as many rows and the same of these is the one that was read.
     */
    log_events: readonly string[];
  };
  /** mail.mail ids of the recipients concerned. */
  touches: readonly number[];
  notification_writes: readonly { id: number; values: NotificationValues }[];
  /** Rows for recipients who have none. They name no partner, which would grant him reading the message. */
  notification_creates: readonly {
    mail_id: number | null;
    mail_email_address: string;
    values: NotificationValues;
  }[];
  mail_writes: readonly { id: number; values: MailValues }[];
  mail_unlinks: readonly number[];
  /** `x_event_id`s of rows of its history that the log told, and whose place one of `event_creates` takes. */
  event_replaces: readonly string[];
  event_creates: readonly EventValues[];
  trace_writes: readonly { id: number; values: TraceValues }[];
  /** Addresses for mail.blacklist. */
  blacklisted: readonly string[];
  /** Addresses whose partners' bounce counters go up by one each. */
  dead: readonly string[];
  /** Whether an envelope changes colour, so that open chatters must hear of it. */
  refresh: boolean;
};

/**
 * - `applied`: written and committed with the batch.
 * - `deferred`: a mail of the message is `outgoing` or held by somebody: nothing was touched, try later.
 * - `stale`: the message is not as it was read: read and decide again.
 * - `gone`: the message does not exist any more.
 */
const ApplyResult = z.enum(['applied', 'deferred', 'stale', 'gone']);
export type ApplyResult = z.infer<typeof ApplyResult>;
/** What the provisioned action `apply` answers. */
export const ApplyAnswer = z.object({ results: z.array(ApplyResult) });

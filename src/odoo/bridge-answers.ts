import { z } from 'zod';

/** Odoo sends `false` for an empty field; so nothing empty ever becomes the text "false". */
export const text = z
  .union([z.string(), z.literal(false), z.null()])
  .transform((value) => (value === false || value === '' ? null : value));
export const recordId = z
  .union([z.number().int(), z.literal(false), z.null()])
  .transform((value) => (value === false || value === 0 ? null : value));
/** Odoo's datetimes are UTC without saying so. */
const odooDatetime = text.transform((value) =>
  value === null ? null : new Date(`${value.slice(0, 19).replace(' ', 'T')}Z`),
);

/** As above, in a text that an administrator can edit: what is no date counts as none. */
const parameterDatetime = odooDatetime.transform((value) =>
  value === null || Number.isNaN(value.getTime()) ? null : value,
);

export const BridgeSettings = z.object({
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
      feed_blacklist: z.boolean(),
      count_bounces: z.boolean(),
    }),
  ),
  alias_domains: z.array(
    z.object({ id: z.number().int(), name: z.string(), catchall_email: text, bounce_email: text }),
  ),
  /** The job in Odoo's scheduled actions; 30 minutes is what it comes with. */
  reconciliation: z.object({
    is_on: z.boolean(),
    every_minutes: z.number().int().positive(),
    /** When an administrator last pressed "Run Manually"; also while the job is off. */
    requested_at: parameterDatetime,
  }),
  api_key: text,
  client_uuid: text,
  /** The selection values of this database, so that nothing outside them is ever written. */
  failure_types: z.object({ mail: z.array(z.string()), notification: z.array(z.string()) }),
  languages: z.array(z.string()),
  /** Language code of the main company. */
  company_language: text,
});
export type BridgeSettings = z.infer<typeof BridgeSettings>;

/**
 * The part of the settings that verifies webhooks. It is all that is asked of settings that an earlier or a
 * later release has kept, so that an update during an outage of Odoo goes on accepting.
 */
export const ServerSecrets = z.object({
  servers: z.array(
    BridgeSettings.shape.servers.element.pick({ id: true, outbound_secrets: true, inbound_secrets: true }),
  ),
});
export type ServerSecrets = z.infer<typeof ServerSecrets>;

const MailState = z.object({
  id: z.number().int(),
  state: z.enum(['outgoing', 'sent', 'received', 'exception', 'cancel']),
  is_notification: z.boolean(),
  relayed: z.boolean(),
  delete_wished: z.boolean(),
  confirmed: z.boolean(),
  recipients: z.array(z.object({ partner_id: z.number().int(), address: text })),
  email_to: text,
  email_cc: text,
  original_recipients: text,
});

const NotificationState = z.object({
  id: z.number().int(),
  mail_id: recordId,
  address: text,
  recorded_address: text,
  status: z.string(),
  failure_type: text,
  sweego_status: text,
  sweego_status_at: odooDatetime,
  sweego_uid: text,
  sweego_transaction_id: text,
  sweego_message_id: text,
});

const HistoryEvent = z.object({
  recipient: z.string(),
  type: z.string(),
  at: odooDatetime,
  swg_uid: text,
  event_id: text,
  transaction_id: text,
  wire_id: text,
  permanence: z
    .union([z.enum(['soft', 'hard']), z.literal(false)])
    .transform((value) => (value === false ? null : value)),
  failure_type: text,
  reason: text,
  line: text,
});

const TraceState = z.object({
  id: z.number().int(),
  mail_id: recordId,
  email: z.string(),
  status: z.string(),
  failure_type: text,
  clicked: z.boolean(),
});

export const ReadAnswer = z.object({
  messages: z.array(
    z.object({
      message_id: z.string(),
      id: z.number().int(),
      model: text,
      res_id: recordId,
      document_exists: z.boolean(),
      mails: z.array(MailState),
      notifications: z.array(NotificationState),
      events: z.array(HistoryEvent),
      traces: z.array(TraceState),
    }),
  ),
  /** Message-Ids whose message is gone, but whose history or campaign is there. */
  gone: z.array(
    z.object({ message_id: z.string(), events: z.array(HistoryEvent), traces: z.array(TraceState) }),
  ),
});
export type ReadAnswer = z.infer<typeof ReadAnswer>;

/**
 * - `applied`: written and committed with the batch.
 * - `deferred`: a mail of the message is `outgoing` or held by somebody: nothing was touched, try later.
 * - `stale`: the message is not as it was read: read and decide again.
 * - `gone`: the message does not exist any more.
 */
const ApplyResult = z.enum(['applied', 'deferred', 'stale', 'gone']);
export type ApplyResult = z.infer<typeof ApplyResult>;
export const ApplyAnswer = z.object({ results: z.array(ApplyResult) });

export const PendingAnswer = z.object({
  messages: z.array(
    z.object({
      message_id: z.string(),
      /** When its mail was made: nothing of it was submitted before. */
      created_at: odooDatetime,
      /** When its mail was sent last. */
      since: odooDatetime,
      /** Of the From address as Odoo knows it; its mail server may write another one. */
      from_domain: text,
      /** What its history knows: swg_uid, type and, of a failure, how final each event is. */
      events: z.array(z.tuple([text, z.string(), text.optional()])),
    }),
  ),
  next: text,
});
export type PendingAnswer = z.infer<typeof PendingAnswer>;

export const FindAnswer = z.object({ message_ids: z.array(z.string()) });

import { z } from 'zod';
import { datetime, optionalText } from './odoo-fields.ts';

/** In a text that an administrator can edit: what is no date counts as none. */
const parameterDatetime = datetime.transform((value) =>
  value === null || Number.isNaN(value.getTime()) ? null : value,
);

/** What the provisioned action `settings` answers. */
export const BridgeSettings = z.object({
  provision_version: z.number().int(),
  servers: z.array(
    z.object({
      id: z.number().int(),
      from_filter: optionalText,
      /** Base64 texts as typed by the administrator; the current one first, then the previous one. */
      outbound_secrets: z.array(z.string()),
      inbound_secrets: z.array(z.string()),
      show_auto_replies: z.boolean(),
      /** Unsubscriptions and complaints go to Odoo's blacklist. */
      feed_blacklist: z.boolean(),
      /** Dead addresses count on the bounce counter of their partners. */
      count_bounces: z.boolean(),
    }),
  ),
  alias_domains: z.array(z.object({ name: z.string() })),
  /** The job in Odoo's scheduled actions; 30 minutes is what it comes with. */
  reconciliation: z.object({
    is_on: z.boolean(),
    every_minutes: z.number().int().positive(),
    /** When an administrator last pressed "Run Manually"; also while the job is off. */
    requested_at: parameterDatetime,
  }),
  api_key: optionalText,
  client_uuid: optionalText,
  /** The selection values of this database, so that nothing outside them is ever written. */
  failure_types: z.object({ mail: z.array(z.string()), notification: z.array(z.string()) }),
  /** Language code of the main company. */
  company_language: optionalText,
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

/** What the provisioned action `pending` answers. */
export const PendingAnswer = z.object({
  messages: z.array(
    z.object({
      message_id: z.string(),
      /** When its mail was made: nothing of it was submitted before. */
      created_at: datetime,
      /** When its mail was sent last. */
      since: datetime,
      /** Of the From address as Odoo knows it; its mail server may write another one. */
      from_domain: optionalText,
      /** What its history knows: swg_uid, type and, of a failure, how final each event is. */
      events: z.array(z.tuple([optionalText, z.string(), optionalText.optional()])),
    }),
  ),
  next: optionalText,
});
export type PendingAnswer = z.infer<typeof PendingAnswer>;

/** What the provisioned action `find` answers. */
export const FindAnswer = z.object({ message_ids: z.array(z.string()) });

import { z } from 'zod';
import { datetime, optionalText } from './odoo-fields.ts';

/** A date in a text that an administrator can edit. Anything else counts as no date. */
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
      /** Base64 texts as the administrator typed them: first the current secret, then the previous one. */
      outbound_secrets: z.array(z.string()),
      inbound_secrets: z.array(z.string()),
      show_auto_replies: z.boolean(),
      /** Unsubscriptions and complaints go to Odoo's blacklist. */
      feed_blacklist: z.boolean(),
      /** An address that does not exist raises the bounce counter of its contacts. */
      count_bounces: z.boolean(),
    }),
  ),
  alias_domains: z.array(z.object({ name: z.string() })),
  /** The job in Odoo's scheduled actions. Its interval is 30 minutes when it is installed. */
  reconciliation: z.object({
    is_on: z.boolean(),
    every_minutes: z.number().int().positive(),
    /** When an administrator last pressed "Run Manually", which also works while the job is off. */
    requested_at: parameterDatetime,
  }),
  api_key: optionalText,
  client_uuid: optionalText,
  /** The selection values of this database. Odoo refuses any other value. */
  failure_types: z.object({ mail: z.array(z.string()), notification: z.array(z.string()) }),
  /** Language code of the main company. */
  company_language: optionalText,
});
export type BridgeSettings = z.infer<typeof BridgeSettings>;

/**
 * The part of the settings that verifies webhooks. Only this part is read from settings that an older or newer release
 * has stored. So the bridge still accepts webhooks when it is updated while Odoo is unavailable.
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
      /** When its mail was created. No submission of it is older. */
      created_at: datetime,
      /** When its mail was sent last. */
      since: datetime,
      /** The domain of the From address in Odoo. The mail server may write another address. */
      from_domain: optionalText,
      /** The events in its history: swg_uid, type and, for a failure, its permanence. */
      events: z.array(z.tuple([optionalText, z.string(), optionalText.optional()])),
    }),
  ),
  next: optionalText,
});
export type PendingAnswer = z.infer<typeof PendingAnswer>;

/** What the provisioned action `find` answers. */
export const FindAnswer = z.object({ message_ids: z.array(z.string()) });

import { z } from 'zod';
import { optionalText, recordId } from './odoo-fields.ts';

/** A record that has a chatter. */
export type Document = { model: string; id: number };

/** What the provisioned action `route` is asked. */
export type RouteQuestion = {
  /** Normalised: bare and lower-cased. */
  addresses: readonly string[];
  /** With angle brackets: Odoo's own ones or those that Sweego puts on mails. */
  messageIds: readonly string[];
  /** Odoo's model name, or its ir.model id as in the short form of a reply token. */
  documents: readonly { model: string | number; id: number }[];
  /** Normalised: bare and lower-cased. */
  senders: readonly string[];
};

/** A message of Odoo's that a mail may answer. */
const RoutedMessage = z.object({
  id: z.number().int(),
  message_id: z.string(),
  model: optionalText,
  res_id: recordId,
  /** Whether its document exists and has a chatter. */
  is_there: z.boolean(),
});
export type RoutedMessage = z.infer<typeof RoutedMessage>;
const messageOrNone = z.union([RoutedMessage, z.literal(false)]).transform((value) => value || null);

/** What Odoo knows of the addresses, references, documents and senders of one mail. */
export const RouteAnswer = z.object({
  /** One row for each alias, catchall or bounce address that one of the addresses is. */
  recipients: z.array(
    z.object({
      address: z.string(),
      kind: z.enum(['alias', 'catchall', 'bounce']),
      /** What the alias makes or, with a thread, writes to. */
      model: optionalText,
      thread_id: recordId,
    }),
  ),
  /** Those whose Message-Id was asked for, or is one that a wire id stands for; the oldest first. */
  messages: z.array(RoutedMessage),
  /** Ids among those asked for that Sweego put on a mail, with Odoo's own Message-Id of it. */
  wire_ids: z.array(z.object({ wire_id: z.string(), message_id: z.string() })),
  /** One for each that was asked for, in order. */
  documents: z.array(
    z.object({
      /** Also where an ir.model id was given; null when there is no such model. */
      model: optionalText,
      id: z.number().int(),
      is_there: z.boolean(),
      /** The newest of its messages that went to one of the senders by mail. */
      newest_mailed: messageOrNone,
      /** The newest of its internal notes. */
      newest_note: messageOrNone,
    }),
  ),
  /** Senders that are addresses of active internal users. */
  internal_senders: z.array(z.string()),
});
export type RouteAnswer = z.infer<typeof RouteAnswer>;

import { z } from 'zod';
import { optionalText, recordId } from './odoo-fields.ts';

/** A record that has a chatter. */
export type Document = { model: string; id: number };

/** The input of the provisioned action `route`. */
export type RouteQuestion = {
  /** Normalised: bare and lower-cased. */
  addresses: readonly string[];
  /** With angle brackets: Odoo's own Message-Ids, and wire ids. */
  messageIds: readonly string[];
  /** `model` is Odoo's model name, or the ir.model id as in the short form of a reply token. */
  documents: readonly { model: string | number; id: number }[];
  /** Normalised: bare and lower-cased. */
  senders: readonly string[];
};

/** A message in Odoo that a mail may answer. */
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

/** What Odoo knows about the addresses, references, documents and senders of one mail. */
export const RouteAnswer = z.object({
  /** One row for each of the addresses that is an alias, a catchall or a bounce address. */
  recipients: z.array(
    z.object({
      address: z.string(),
      kind: z.enum(['alias', 'catchall', 'bounce']),
      /** The model of the records that the alias creates, or of the one record that it writes to. */
      model: optionalText,
      thread_id: recordId,
    }),
  ),
  /** The messages with one of the given Message-Ids or wire ids, oldest first. */
  messages: z.array(RoutedMessage),
  /** Those of the given ids that are wire ids, each with Odoo's own Message-Id. */
  wire_ids: z.array(z.object({ wire_id: z.string(), message_id: z.string() })),
  /** One for each of the given documents, in the same order. */
  documents: z.array(
    z.object({
      /** The model name, even when an ir.model id was given; `null` when the model does not exist. */
      model: optionalText,
      id: z.number().int(),
      is_there: z.boolean(),
      /** Its newest message that was mailed to one of the senders. */
      newest_mailed: messageOrNone,
      /** Its newest internal note. */
      newest_note: messageOrNone,
    }),
  ),
  /** Those of the senders that are addresses of active internal users. */
  internal_senders: z.array(z.string()),
});
export type RouteAnswer = z.infer<typeof RouteAnswer>;

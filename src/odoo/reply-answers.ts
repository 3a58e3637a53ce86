import { z } from 'zod';
import { optionalText, recordId } from './odoo-fields.ts';

/** A message with this Message-Id, and its document. */
const PostedMessage = z.object({ id: z.number().int(), model: optionalText, res_id: recordId });

/**
 * Why Odoo refused a mail. Nothing was written, and nobody was notified.
 * - `loop`: the sender wrote to the record 20 times, or created 20 records, within two hours (parameters
 *   mail.gateway.loop.threshold and .minutes; the model mail.gateway.allowed exempts an address).
 * - `answers_loop_notice`: the mail answers a notice that Odoo sent about such a loop.
 * - `alias_policy`: the alias accepts mail from contacts, followers or employees only, or is misconfigured.
 * - `catchall`: the mail is addressed to the catchall address and answers no message of Odoo.
 * - `delivery_report`: Odoo considers it a bounce.
 * - `no_route`: no alias, document or reference names a place.
 * - `no_thread`: this database does not have the model, or the model has no chatter.
 * - `elsewhere`: Odoo would have posted it in another place than the given one.
 */
const RefusalReason = z.enum([
  'loop',
  'answers_loop_notice',
  'alias_policy',
  'catchall',
  'delivery_report',
  'no_route',
  'no_thread',
  'elsewhere',
]);

/**
 * - `posted`: a message with this Message-Id was created in the right place and committed. A mail to several aliases
 *   creates several messages.
 * - `duplicate`: such a message existed already.
 * - `missing`: the document does not exist. None was created.
 * - `busy`: another call is delivering this Message-Id. Retry in a few seconds.
 * - `refused`: see RefusalReason.
 * - `failed`: another exception, which undid the call. `exception` is its class; `text` may quote the mail.
 */
export const DeliverAnswer = z.discriminatedUnion('result', [
  z.object({ result: z.literal('posted'), messages: z.array(PostedMessage).min(1) }),
  z.object({ result: z.literal('duplicate'), messages: z.array(PostedMessage).min(1) }),
  z.object({ result: z.literal('missing') }),
  z.object({ result: z.literal('busy') }),
  z.object({ result: z.literal('refused'), reason: RefusalReason }),
  z.object({ result: z.literal('failed'), exception: z.string(), text: z.string() }),
]);
export type DeliverAnswer = z.infer<typeof DeliverAnswer>;

/**
 * - `opened`: the activity was created.
 * - `known`: an activity for this key existed already, open or done.
 * - `closed`: the activity was closed.
 * - `absent`: there was no activity to close.
 */
export const AlertAnswer = z.object({ result: z.enum(['opened', 'known', 'closed', 'absent']) });
export type AlertAnswer = z.infer<typeof AlertAnswer>;

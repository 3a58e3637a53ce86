import { z } from 'zod';
import { optionalText, recordId } from './odoo-fields.ts';

/** Where a message of the Message-Id is. */
const PostedMessage = z.object({ id: z.number().int(), model: optionalText, res_id: recordId });

/**
 * Why Odoo did not take a mail; nothing was written, and nobody was told.
 * - `loop`: the sender wrote 20 times to the record, or made 20 records, within two hours (parameters
 *   mail.gateway.loop.threshold and .minutes; model mail.gateway.allowed exempts an address).
 * - `answers_loop_notice`: it answers a notice that Odoo sent for that.
 * - `alias_policy`: the alias accepts mail from contacts, followers or employees only, or is misconfigured.
 * - `catchall`: it is addressed to the catchall address and answers nothing that Odoo knows.
 * - `delivery_report`: Odoo takes it for a bounce.
 * - `no_route`: no alias, document or reference leads anywhere.
 * - `no_thread`: the model is not in this database, or has no chatter.
 * - `elsewhere`: Odoo would have put it somewhere else than it was told to.
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
 * - `posted`: there is a message with this Message-Id, where it should be (several where several aliases were
 *   addressed), committed with the call.
 * - `duplicate`: there was one already.
 * - `missing`: the document does not exist; none was created.
 * - `busy`: another call delivers this Message-Id right now. Try again in seconds.
 * - `refused`: see RefusalReason.
 * - `failed`: an exception that is none of the above, undone. `exception` is its class; `text` may quote the mail.
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
 * - `opened`: there is an activity now.
 * - `known`: there was one for this key, open or done by its user.
 * - `closed`, `absent`: it was closed now; there was none to close.
 */
export const AlertAnswer = z.object({ result: z.enum(['opened', 'known', 'closed', 'absent']) });
export type AlertAnswer = z.infer<typeof AlertAnswer>;

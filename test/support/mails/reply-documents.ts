import { createHmac } from 'node:crypto';
import type { WrittenReply } from '../../../demo/sweego-reply.ts';
import { outboundSecret } from '../../demo/open-stand-in.ts';
import type { ReplyBridge } from '../bridge/reply-bridge.ts';

export const annAddress = 'ann@example.com';

/** The address of a reply to a document, as Odoo's rule signs it, made without the bridge's own code. */
export function replyAddress(id: number, model = 'sale.order', secret = outboundSecret): string {
  const payload = `${id}-${model}`;
  const signature = createHmac('sha256', secret).update(payload).digest('hex').slice(0, 8);
  return `reply+${Buffer.from(payload).toString('hex')}.${signature}@reply.example.com`;
}

/** A reply from Ann, with headers that show that no machine wrote it. */
export function replyOf(changes: Partial<WrittenReply> = {}): WrittenReply {
  return {
    from: { email: annAddress, name: 'Ann Example' },
    to: ['shop@elsewhere.example.com'],
    subject: 'Re: Your order',
    text: 'Thank you!',
    headers: { 'x-mailer': 'Thunderbird' },
    ...changes,
  };
}

/** An order that was mailed to Ann. */
export async function mailedOrder({
  odoo,
}: ReplyBridge): Promise<{ id: number; name: string; messageId: string; ann: number }> {
  const ann = await odoo.mails.createContact('Ann Example', annAddress);
  const order = await odoo.mails.createOrder(ann);
  const { messageId } = await odoo.mails.postMessage(order.id, [ann]);
  return { ...order, messageId, ann };
}

/** An internal note on an order. */
export async function noteOn({ odoo, read }: ReplyBridge, orderId: number): Promise<string> {
  const [id] = (await odoo.admin.call({
    model: 'sale.order',
    method: 'message_post',
    ids: [orderId],
    arguments: {
      body: 'Among us',
      message_type: 'comment',
      subtype_xmlid: 'mail.mt_note',
      partner_ids: [],
    },
  })) as [number];
  const [row] = await read('mail.message', [['id', '=', id]], ['message_id']);
  return String(row?.['message_id']);
}

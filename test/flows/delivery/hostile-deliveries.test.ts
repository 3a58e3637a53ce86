import fc from 'fast-check';
import { expect, it } from 'vitest';
import { conversationalFlow } from '../../fixtures/inbound-mails.ts';
import { openReplyBridge } from '../../support/bridge/reply-bridge.ts';
import {
  allowedHeaders,
  hostileAmount,
  hostileContents,
  hostilePayload,
  hostileSeconds,
  hostileText,
} from '../../support/mails/hostile-mails.ts';
import { mailedOrder, replyAddress } from '../../support/mails/reply-documents.ts';
import { readBack, sha256 } from '../../support/mails/reply-sources.ts';

const ends = [
  /^injected: (?:sale\.order|res\.partner),\d+(?: and sale\.order,\d+)* by [A-Za-z -]+ \((?:certain|high|medium)\)/,
  /^ignored: (?:loop|automatic): \S/,
  /^duplicate of \d+$/,
  /^(?:REPLY_[A-Z_]+|SWEEGO_MAIL_UNREADABLE): \S/,
];

it(
  'any mail ends posted, ignored with a reason, or parked, and Odoo receives exactly the intended headers',
  async () => {
    const bridge = await openReplyBridge();
    const order = await mailedOrder(bridge);
    const kinds = new Map<string, number>();
    let count = 0;
    const place = fc.constantFrom('token', 'damaged token', 'reference', 'nowhere', 'nowhere, by hand');
    await fc.assert(
      fc.asyncProperty(
        hostilePayload,
        place,
        hostileText,
        hostileContents,
        async (changes, to, junk, bytes) => {
          count += 1;
          const written = [changes.to ?? []].flat();
          const address = replyAddress(order.id);
          const aimed = {
            token: { to: [...written, { email: address, name: junk }] },
            'damaged token': { to: [...written, address.replace('@', `${junk}@`)] },
            reference: { headers: { 'in-reply-to': `${junk} ${order.messageId}`, 'x-mailer': junk } },
            nowhere: {},
            'nowhere, by hand': {},
          }[to];
          const file = { name: junk, uuid: bridge.api.addAttachment(bytes) };
          const body = {
            ...conversationalFlow,
            event_id: `e${count}`,
            swg_uid: `04-${count}`,
            attachments: [file],
            ...changes,
            ...aimed,
          };
          const before = bridge.deliveries.length;
          bridge.pass(60_000);
          let entry = await bridge.bring(JSON.stringify(body));
          if (to === 'nowhere, by hand' && entry.state === 'parked') {
            entry = await bridge.replay(entry.id, `sale.order,${order.id}`);
          }
          expect(['settled', 'parked']).toContain(entry.state);
          expect(ends.filter((end) => end.test(entry.reason))).toHaveLength(1);
          expect(entry.reason).not.toContain('@');
          const kind = entry.state === 'parked' ? 'parked' : (entry.reason.split(':', 1)[0] ?? '');
          kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
          for (const { message, messageId } of bridge.deliveries.slice(before)) {
            expect(message).not.toMatch(/[^\r]\n|\r[^\n]|[^\t\n\r\x20-\x7e]/);
            const back = await readBack(message);
            const names = back.headerLines.map(({ key }) => key).sort();
            expect(
              names.filter((name, at) => !allowedHeaders.includes(name) || names[at + 1] === name),
            ).toEqual([]);
            expect(back.messageId).toBe(messageId);
            expect(back.from?.value).toHaveLength(1);
            if (!('attachments' in changes)) {
              expect(back.attachments.map(({ content }) => sha256(content))).toEqual([sha256(bytes)]);
            }
          }
        },
      ),
      hostileAmount,
    );
    for (const kind of ['injected', 'ignored', 'parked']) expect(kinds.get(kind) ?? 0).toBeGreaterThan(3);
    expect(await bridge.read('sale.order', [], ['id'])).toHaveLength(1);
  },
  Math.max(120_000, hostileSeconds * 1500),
);

import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { incomingOn, mailedOrder, personalReply, waitUntilEnded } from '../../support/mails/reply-journey.ts';
import { openBridgedOdoo } from '../../support/odoo/bridged-odoo.ts';
import type { BridgedOdoo } from '../../support/odoo/bridged-odoo.ts';

const mebibyte = 1024 * 1024;

/** A mail is in memory while Odoo takes it: as text, and as the bytes of the request. */
const mostPeakMiB = 512;

let bridged: BridgedOdoo;
beforeEach(async () => {
  bridged = await openBridgedOdoo();
});
afterEach(async () => {
  await bridged.close();
});

/** Resident memory of the bridge in MiB, now or at its highest. */
function residentMiB(which: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${bridged.bridge.pid}/status`, 'utf8');
  return Math.round(Number(new RegExp(`${which}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024);
}

it.each([
  ['one file of 30 MB', 1, 30 * mebibyte, 1],
  ['thirty files of 1 MB', 30, mebibyte, 1],
  ['one file of 30 MB, in two mails at once', 1, 30 * mebibyte, 2],
])(
  'a reply with %s arrives byte for byte, and memory stays bounded',
  async (_what, count, sizeBytes, mails) => {
    const order = await mailedOrder(bridged, 'nora@example.com');
    const before = residentMiB('VmRSS');
    const hashes: string[] = [];
    const webhooks = Array.from({ length: mails }, (_, mail) => {
      const attachments = Array.from({ length: count }, (_, index) => {
        const bytes = randomBytes(sizeBytes);
        hashes.push(createHash('sha1').update(bytes).digest('hex'));
        const uuid = bridged.sweego.api.addAttachment(bytes);
        const name = `file-${mail}-${index}.bin`;
        return { uuid, name, content_type: 'application/octet-stream', size: sizeBytes };
      });
      const reply = personalReply({
        from: 'nora@example.com',
        to: [order.replyTo],
        subject: 'Large',
        attachments,
      });
      return bridged.sweego.createReply(reply, new Date());
    });
    const startedAt = Date.now();
    await Promise.all(webhooks.map((webhook) => bridged.sweego.sendInbound(webhook)));
    for (const { headers } of webhooks) {
      expect((await waitUntilEnded(bridged, headers['webhook-id'] ?? '')).reason).toMatch(/^injected: /);
    }
    const tookMs = Date.now() - startedAt;
    const messages = await incomingOn(bridged, 'sale.order', order.id);
    const ids = messages.flatMap((message) => message['attachment_ids']);
    const found = await bridged.search('ir.attachment', [['id', 'in', ids]], ['checksum']);
    expect(found.map(({ checksum }) => checksum).sort()).toEqual(hashes.sort());
    const peak = residentMiB('VmHWM');
    process.stdout.write(
      `${count} × ${sizeBytes / mebibyte} MiB × ${mails}: ${tookMs} ms, resident ${before} → peak ${peak} MiB\n`,
    );
    expect(peak).toBeLessThan(mostPeakMiB);
  },
  120_000,
);

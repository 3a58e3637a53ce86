import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { failedEntryDelayMs } from '../../../src/rules/retry.ts';
import { openReplyBridge } from '../../support/bridge/reply-bridge.ts';
import type { ReplyBridge } from '../../support/bridge/reply-bridge.ts';
import { mailedOrder, replyAddress, replyOf } from '../../support/mails/reply-documents.ts';
import { readBack, sha256 } from '../../support/mails/reply-sources.ts';

/** A mail to an order with these files, which Sweego stores. */
async function replyWithFiles(bridge: ReplyBridge, files: Readonly<Record<string, Uint8Array>>) {
  const order = await mailedOrder(bridge);
  const uuids = Object.values(files).map((bytes) => bridge.api.addAttachment(bytes));
  const attachments = Object.entries(files).map(([name, bytes], index) => ({
    uuid: uuids[index] ?? '',
    name,
    content_type: name.endsWith('.png') ? 'image/png' : 'application/pdf',
    size: bytes.length,
  }));
  return { order, uuids, reply: replyOf({ to: [replyAddress(order.id)], attachments }) };
}

const downloads = (bridge: ReplyBridge) =>
  bridge.api.requests.filter((request) => request.includes('/attachments/'));
const delivered = async (bridge: ReplyBridge) => readBack(bridge.deliveries.at(-1)?.message ?? '');

/** Works until the entry no longer waits, and lets the time of each wait pass. */
async function workThrough(bridge: ReplyBridge, id: number): Promise<number> {
  for (let waits = 0; ; waits += 1) {
    if ((await bridge.entry(id)).state !== 'waiting') return waits;
    bridge.pass(30_000_000);
    await bridge.work();
  }
}

describe('attachments', () => {
  it('reach Odoo byte for byte, with an inline image in its place', async () => {
    const bridge = await openReplyBridge();
    const files = { 'order.pdf': randomBytes(300_000), 'image001.png': randomBytes(5_000) };
    const { reply } = await replyWithFiles(bridge, files);
    const html = '<p>See <img src="cid:image001.png@01DA"></p>';
    expect((await bridge.bring({ ...reply, html })).state).toBe('settled');
    const mail = await delivered(bridge);
    const named = mail.attachments.map(({ filename, content }) => [filename, sha256(content)]);
    expect(Object.fromEntries(named)).toEqual(
      Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, sha256(bytes)])),
    );
    const image = mail.attachments.find(({ filename }) => filename === 'image001.png');
    expect(mail.html).toContain(`src="cid:${image?.cid}"`);
  });

  it('make the mail wait while they cannot be fetched, without a call to Odoo; stored ones are not fetched again', async () => {
    const bridge = await openReplyBridge();
    const files = { 'one.pdf': randomBytes(10), 'two.pdf': randomBytes(10), 'three.pdf': randomBytes(10) };
    const { reply } = await replyWithFiles(bridge, files);
    const one = await bridge.bring({ ...reply, attachments: reply.attachments?.slice(0, 1) ?? [] });
    expect(one.state).toBe('settled');
    bridge.api.failNext(500);
    const entry = await bridge.bring(reply);
    expect(entry).toMatchObject({ state: 'waiting', attempts: 1 });
    expect(entry.reason).toMatch(/^SWEEGO_UNAVAILABLE: /);
    expect(bridge.deliveries).toHaveLength(1);
    expect(downloads(bridge)).toHaveLength(4);
    bridge.pass(5_000);
    await bridge.work();
    expect(await bridge.entry(entry.id)).toMatchObject({ state: 'settled' });
    expect(downloads(bridge)).toHaveLength(5);
    expect((await delivered(bridge)).attachments.map(({ content }) => sha256(content))).toEqual(
      Object.values(files).map((bytes) => sha256(bytes)),
    );
  });

  it('that no longer exist at Sweego are named in the mail, which is posted with the others', async () => {
    const bridge = await openReplyBridge();
    const { reply, uuids } = await replyWithFiles(bridge, {
      'gone.pdf': randomBytes(9),
      'there.pdf': randomBytes(9),
    });
    bridge.api.removeAttachment(uuids[0] ?? '');
    const entry = await bridge.bring(reply);
    expect(entry.state).toBe('settled');
    const mail = await delivered(bridge);
    expect(mail.text).toContain('could not be fetched from Sweego: gone.pdf');
    expect(mail.attachments.map(({ filename }) => filename)).toEqual(['there.pdf']);
    expect(bridge.logged('failed to download attachment')).toMatchObject([
      { entry: entry.id, attachment: 0, code: 'SWEEGO_NOT_FOUND' },
    ]);
  });

  it('at a foreign URL are never fetched, and no key is sent there', async () => {
    const bridge = await openReplyBridge();
    const { reply } = await replyWithFiles(bridge, {});
    const body = {
      event_type: 'email_inbound',
      swg_uid: '04-url',
      from_: reply.from,
      to: [{ email: reply.to[0] }],
      text: 'See there',
      headers: { 'x-mailer': 'x' },
      attachments: [
        { filename: 'secret.pdf', url: `${bridge.api.url}/secret.pdf` },
        { filename: 'nowhere.pdf' },
      ],
    };
    expect((await bridge.bring(JSON.stringify(body))).state).toBe('settled');
    expect(bridge.api.requests).toEqual([]);
    const { text } = await delivered(bridge);
    expect(text).toContain('secret.pdf');
    expect(text).toContain('nowhere.pdf');
  });

  it.each([
    ['Sweego is away', {}, 'SWEEGO_UNAVAILABLE', 'warn'],
    ['Sweego refuses the key', { apiKey: 'withdrawn' }, 'SWEEGO_API_KEY_REFUSED', 'error'],
    ['no key is known', { apiKey: undefined }, 'SWEEGO_API_KEY_MISSING', 'error'],
    ['no account is known', { clientUuid: undefined }, 'SWEEGO_API_KEY_MISSING', 'error'],
  ])(
    'make the mail wait while %s, and are named in the mail after the last attempt',
    async (_, sweego, code, level) => {
      const bridge = await openReplyBridge({ sweego });
      const { reply } = await replyWithFiles(bridge, { 'order.pdf': randomBytes(9) });
      if (code === 'SWEEGO_UNAVAILABLE') bridge.api.failNext(...Array.from({ length: 9 }, () => 503));
      const entry = await bridge.bring(reply);
      expect(entry.reason).toContain(code);
      expect(bridge.logged('Sweego API cannot be used for a reply')[0]).toMatchObject({ level, code });
      const waits = await workThrough(bridge, entry.id);
      expect(failedEntryDelayMs(waits)).toBeUndefined();
      expect((await bridge.entry(entry.id)).state).toBe('settled');
      expect((await delivered(bridge)).text).toContain('could not be fetched from Sweego: order.pdf');
    },
  );

  it('are fetched for a parked mail too, because it is not known how long Sweego keeps them', async () => {
    const bridge = await openReplyBridge();
    const bytes = randomBytes(1_000);
    const { reply, order, uuids } = await replyWithFiles(bridge, { 'order.pdf': bytes });
    const entry = await bridge.bring({ ...reply, to: ['shop@elsewhere.example.com'] });
    expect(entry.reason).toMatch(/^REPLY_UNPLACED: /);
    bridge.api.removeAttachment(uuids[0] ?? '');
    await bridge.replay(entry.id, `sale.order,${order.id}`);
    expect((await delivered(bridge)).attachments.map(({ content }) => sha256(content))).toEqual([
      sha256(bytes),
    ]);
  });

  it('in absurd numbers neither delay other mails nor fill the log', async () => {
    const bridge = await openReplyBridge();
    const { reply } = await replyWithFiles(bridge, {});
    const attachments = Array.from({ length: 5_000 }, () => ({
      uuid: '',
      name: 'x',
      content_type: '',
      size: 1,
    }));
    expect((await bridge.bring({ ...reply, attachments })).state).toBe('settled');
    expect(bridge.logged('failed to download attachment')).toHaveLength(201);
    expect((await delivered(bridge)).text).toContain('4800 more');
  });
});

describe('stopping', () => {
  it('cancels a download without counting an attempt', async () => {
    const stopping = new AbortController();
    const bridge = await openReplyBridge({
      sweego: {
        openHttpRequest: async () => {
          stopping.abort();
          return { failure: 'aborted', maybeSent: true, reason: 'AbortError', cause: undefined };
        },
      },
    });
    const { reply } = await replyWithFiles(bridge, { 'order.pdf': randomBytes(9) });
    const entry = await bridge.bring(reply, {}, stopping.signal);
    expect(entry).toMatchObject({ state: 'waiting', attempts: 0, reason: 'REPLY_INTERRUPTED' });
  });
});

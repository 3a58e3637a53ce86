import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BridgeError } from '../../../src/errors.ts';
import { collectReply, streamReply } from '../../../src/flows/replies/stream-reply.ts';
import { oneLine } from '../../../src/mail/mail-text.ts';
import { describeReply } from '../../../src/rules/replies/describe-reply.ts';
import { parseInboundMail } from '../../../src/sweego/inbound-mail.ts';
import { conversationalFlow } from '../../fixtures/inbound-mails.ts';
import {
  allowedHeaders,
  hostileAmount,
  hostileContents,
  hostilePayload,
  hostileSeconds,
  hostileText,
} from '../../support/mails/hostile-mails.ts';
import { file, onOrder, readBack, sha256 } from '../../support/mails/reply-sources.ts';

it(
  'any mail is either refused with a code, or reaches Odoo with exactly the intended headers',
  async () => {
    let built = 0;
    await fc.assert(
      fc.asyncProperty(hostilePayload, hostileContents, hostileText, async (changes, bytes, missing) => {
        const raw = Buffer.from(JSON.stringify({ ...conversationalFlow, ...changes }));
        try {
          const mail = parseInboundMail(raw);
          const files = mail.attachments.map(({ name, contentType }) => file(name, contentType, bytes));
          const source = { ...mail, date: mail.timestamp ?? new Date(0), files, missing: [missing] };
          const description = describeReply(source, onOrder, 'en');
          const message = await collectReply(streamReply(description));
          expect(message).not.toMatch(/[^\r]\n|\r[^\n]|[^\t\n\r\x20-\x7e]/);
          const back = await readBack(message);
          const names = back.headerLines.map(({ key }) => key).sort();
          expect(
            names.filter((name, at) => !allowedHeaders.includes(name) || names[at + 1] === name),
          ).toEqual([]);
          expect(back.messageId).toBe(description.messageId);
          expect(back.inReplyTo).toBe(onOrder.inReplyTo);
          expect(back.subject ?? '').toBe(oneLine(mail.subject, 2_000));
          expect(back.from?.value).toHaveLength(1);
          expect(back.from?.value[0]?.name).toBe(oneLine(mail.from.name, 690));
          expect(back.attachments.map(({ content }) => sha256(content))).toEqual(
            files.map(() => sha256(bytes)),
          );
          expect(back.attachments.map(({ filename }) => filename)).toEqual(
            description.files.map(({ name }) => name),
          );
          built += 1;
        } catch (error) {
          if (!(error instanceof BridgeError)) throw error;
          expect(['SWEEGO_MAIL_UNREADABLE', 'REPLY_UNBUILDABLE']).toContain(error.code);
        }
      }),
      hostileAmount,
    );
    expect(built).toBeGreaterThan(20);
  },
  Math.max(60_000, hostileSeconds * 1500),
);

it.each([
  ['openings of comments', '<!--'],
  ['unclosed images', '<img '],
  ['sources', '<img src="cid:a.png">'],
  ['unclosed sources', 'src="cid:'],
  ['blanks', ' '],
])('a megabyte of %s in the HTML does not delay other mails', (_what, unit) => {
  const html = unit.repeat(1_000_000 / unit.length);
  const names = Array.from({ length: 1000 }, (_, at) => file(`${at}.png`, 'image/png', ''));
  const mail = { ...parseInboundMail(Buffer.from(JSON.stringify(conversationalFlow))), html };
  const begin = performance.now();
  describeReply({ ...mail, date: new Date(0), files: names, missing: [] }, onOrder, 'en');
  expect(performance.now() - begin).toBeLessThan(2_000);
});

it.each([
  ['blanks in an address', `<${' '.repeat(1_000_000)}`],
  ['escaped quotes', '"'.concat('\\"'.repeat(500_000))],
  ['brackets', '<'.repeat(1_000_000)],
  ['commas', ','.repeat(1_000_000)],
])('a megabyte of %s does not delay other mails', (_what, to) => {
  const begin = performance.now();
  parseInboundMail(Buffer.from(JSON.stringify({ ...conversationalFlow, to, cc: { email: to, name: to } })));
  expect(performance.now() - begin).toBeLessThan(2_000);
});

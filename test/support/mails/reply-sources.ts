import { createHash } from 'node:crypto';
import { simpleParser } from 'mailparser';
import type { ParsedMail } from 'mailparser';
import { collectReply, streamReply } from '../../../src/flows/replies/stream-reply.ts';
import { describeReply } from '../../../src/rules/replies/describe-reply.ts';
import type { ReplyFile, ReplySource } from '../../../src/rules/replies/describe-reply.ts';
import type { ReplyPosting } from '../../../src/rules/replies/reply-routing.ts';

export const plainReply: ReplySource = {
  swgUid: '04-5b0cf6c2-6d55-44a1-8f31-7cfd9c26f1c5',
  date: new Date('2026-03-04T05:06:07Z'),
  from: { name: 'Ann Example', address: 'ann@example.com' },
  to: [{ name: '', address: 'reply+32332d73616c652e6f72646572.01ef5c88@reply.example.org' }],
  cc: [],
  subject: 'Re: Order S00023',
  text: 'Thank you!\n',
  html: undefined,
  headers: new Map(),
  files: [],
  missing: [],
};

export const onOrder: ReplyPosting & { position: number } = {
  document: { model: 'sale.order', id: 23 },
  inReplyTo: '<1@odoo.example.org>',
  hide: [],
  deliveredTo: [],
  position: 0,
};

/** A file with these bytes, handed out in pieces. */
export function file(name: string, contentType: string | undefined, bytes: Uint8Array | string): ReplyFile {
  const buffer = Buffer.from(bytes);
  return {
    name,
    contentType,
    contentId: undefined,
    async *content() {
      for (let at = 0; at < buffer.length; at += 1000) yield buffer.subarray(at, at + 1000);
    },
  };
}

/** The mail Odoo would get. */
export async function build(
  changes: Partial<ReplySource> = {},
  posting: Partial<typeof onOrder> = {},
): Promise<string> {
  const description = describeReply({ ...plainReply, ...changes }, { ...onOrder, ...posting }, 'en');
  return collectReply(streamReply(description));
}

/** The same mail, read back by another program. */
export async function readBack(message: string): Promise<ParsedMail> {
  return simpleParser(message, { skipImageLinks: true, skipTextToHtml: true, skipHtmlToText: true });
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

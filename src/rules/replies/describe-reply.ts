import { createHash } from 'node:crypto';
import { bridgeError } from '../../errors.ts';
import type { BridgeError } from '../../errors.ts';
import { normalizeAddress } from '../../mail/email-address.ts';
import {
  encodeUnstructured,
  formatMailbox,
  formatMailboxes,
  formatMessageId,
} from '../../mail/header-encoding.ts';
import { oneLine } from '../../mail/mail-text.ts';
import type { Mailbox } from '../../mail/mailbox.ts';
import type { Document } from '../../odoo/reply-route.ts';
import type { InboundAttachment } from '../../sweego/inbound-attachment.ts';
import type { InboundMail } from '../../sweego/inbound-mail.ts';
import type { Language } from '../language.ts';
import { tieInlineImages } from './inline-images.ts';
import { replyBody } from './reply-body.ts';
import { fileContentType, fileName } from './reply-file.ts';
import type { ReplyPosting } from './reply-routing.ts';
import { isReplyAddress } from './reply-token.ts';

/** A file to attach. Its content may be asked for more than once, and is only handed through here. */
export type ReplyFile = Omit<InboundAttachment, 'location'> & {
  content: () => AsyncIterable<Uint8Array>;
};

/** A mail as it is to be built: nothing is left to encode but the parts. */
export type ReplyDescription = {
  messageId: string;
  /** ASCII, encoded and folded; MIME headers are not among them. */
  headers: readonly { name: string; value: string }[];
  /** At least one of the two is there. */
  text: string | undefined;
  html: string | undefined;
  /** `contentId` marks an inline image. */
  files: readonly {
    name: string;
    contentType: string;
    contentId: string | undefined;
    content: ReplyFile['content'];
  }[];
};

/** A received mail, with its files in place of what Sweego announced of them. */
export type ReplySource = Omit<InboundMail, 'timestamp' | 'attachments'> & {
  /** Date of the mail. */
  date: Date;
  files: readonly ReplyFile[];
  /** Names of files that cannot be had any more. */
  missing: readonly string[];
};

const domain = 'sweego-odoo-bridge.invalid';
const longestNameBytes = 690; // as one encoded word within the 998 octets of a line (RFC 5322 section 2.1.1)
const longestSubjectBytes = 2_000;

/**
 * The mail that Odoo gets for one posting. Addresses that would lead Odoo elsewhere, and ours for replies, are
 * left out of To and Cc; the sender stands in when nobody remains. Its headers are these and no others: From,
 * To, Cc, Delivered-To, Subject, Date, Message-Id, In-Reply-To, Auto-Submitted.
 *
 * @param posting with the position of the posting among those of the same mail
 * @throws BridgeError REPLY_UNBUILDABLE when sender or In-Reply-To cannot stand in a header
 */
export function describeReply(
  mail: ReplySource,
  posting: ReplyPosting & { position: number },
  language: Language,
): ReplyDescription {
  const from = formatMailbox(oneLineMailbox(mail.from));
  if (from === undefined) throw unbuildable('the sender’s address');
  const inReplyTo = posting.inReplyTo === null ? undefined : formatMessageId(posting.inReplyTo);
  if (posting.inReplyTo !== null && inReplyTo === undefined) throw unbuildable('the answered message’s id');
  const to = formatMailboxes(shownTo(mail.to, posting.hide));
  const messageId = replyMessageId(mail.swgUid, posting.position === 0 ? null : posting.document);
  const fields: [string, string | undefined][] = [
    ['From', from],
    ['To', to === '' ? from : to],
    ['Cc', formatMailboxes(shownTo(mail.cc, posting.hide))],
    ['Delivered-To', formatMailboxes(posting.deliveredTo.map((address) => ({ name: '', address })))],
    ['Subject', encodeUnstructured(oneLine(mail.subject, longestSubjectBytes))],
    ['Date', mail.date.toUTCString().replace('GMT', '+0000')],
    ['Message-ID', messageId],
    ['In-Reply-To', inReplyTo],
    ['Auto-Submitted', autoSubmitted(mail.headers)],
  ];
  const body = replyBody(
    mail,
    mail.missing.map((name) => fileName(name, undefined)),
    language,
  );
  const tied = tieInlineImages(
    body.html ?? '',
    named(mail.files),
    (position) => `file-${position}@${domain}`,
  );
  return {
    messageId,
    headers: fields.flatMap(([name, value]) =>
      value === undefined || value === '' ? [] : [{ name, value }],
    ),
    text: body.text,
    html: body.html === undefined ? undefined : tied.html,
    files: mail.files.map((file, position) => ({
      name: fileName(file.name, file.contentType),
      contentType: fileContentType(file.contentType),
      contentId: tied.contentIds[position],
      content: file.content,
    })),
  };
}

/**
 * The Message-Id under which Odoo knows a mail: the same at every attempt, and by it Odoo tells a repetition.
 * A mail that goes onto two documents needs a second one.
 *
 * @param document of the second and every further posting; `null` for the first
 */
function replyMessageId(swgUid: string, document: Document | null): string {
  const isPlain = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/.test(swgUid);
  const name = isPlain ? swgUid : createHash('sha256').update(swgUid).digest('hex');
  return document === null ? `<${name}@${domain}>` : `<${name}.${document.id}.${document.model}@${domain}>`;
}

function shownTo(mailboxes: readonly Mailbox[], hide: readonly string[]): Mailbox[] {
  const seen = new Set(hide);
  return mailboxes.map(oneLineMailbox).filter(({ address }) => {
    const normal = normalizeAddress(address);
    if (normal === undefined || seen.has(normal) || isReplyAddress(address)) return false;
    seen.add(normal);
    return true;
  });
}

function oneLineMailbox({ name, address }: Mailbox): Mailbox {
  return { name: oneLine(name, longestNameBytes), address: oneLine(address, 1_000) };
}

function named(files: readonly ReplyFile[]): { name: string; contentId: string | undefined }[] {
  return files.map(({ name, contentType, contentId }) => ({ name: fileName(name, contentType), contentId }));
}

/** Only the keyword (RFC 3834 section 5); what a person sent has none. */
function autoSubmitted(headers: ReplySource['headers']): string | undefined {
  const keyword = /^\s*([a-z-]{2,40})\s*(?:[;(]|$)/i.exec(headers.get('auto-submitted')?.[0] ?? '')?.[1];
  return keyword?.toLowerCase() === 'no' ? undefined : keyword?.toLowerCase();
}

function unbuildable(what: string): BridgeError {
  return bridgeError('REPLY_UNBUILDABLE', `No mail can be built for Odoo: ${what} cannot stand in a header`);
}

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

/** A file to attach. Its content may be read more than once, and is only passed on here. */
export type ReplyFile = Omit<InboundAttachment, 'location'> & {
  content: () => AsyncIterable<Uint8Array>;
};

/** A mail to build. Everything except its parts is encoded already. */
export type ReplyDescription = {
  messageId: string;
  /** ASCII, encoded and folded, without the MIME headers. */
  headers: readonly { name: string; value: string }[];
  /** At least one of `text` and `html` is defined. */
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

/** A received mail, with its files instead of their announcements. */
export type ReplySource = Omit<InboundMail, 'timestamp' | 'attachments'> & {
  /** Date of the mail. */
  date: Date;
  files: readonly ReplyFile[];
  /** Names of files that can no longer be fetched. */
  missing: readonly string[];
};

const domain = 'sweego-odoo-bridge.invalid';
const longestNameBytes = 690; // as one encoded word within the 998 octets of a line (RFC 5322 section 2.1.1)
const longestSubjectBytes = 2_000;

/**
 * The mail that Odoo gets for one posting. To and Cc leave out the bridge's reply addresses, and addresses that would lead
 * Odoo to another place. When no recipient is left, To is the sender. The only headers are From, To, Cc, Delivered-To,
 * Subject, Date, Message-Id, In-Reply-To and Auto-Submitted.
 *
 * @param posting with its position among the postings of the same mail
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
 * The Message-Id of a mail in Odoo. It is the same at every attempt, so that Odoo recognises a repetition. A mail for two
 * documents needs two Message-Ids.
 *
 * @param document `null` for the first posting, the document for each further one
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

/** Only the keyword (RFC 3834 section 5). A person's mail has none. */
function autoSubmitted(headers: ReplySource['headers']): string | undefined {
  const keyword = /^\s*([a-z-]{2,40})\s*(?:[;(]|$)/i.exec(headers.get('auto-submitted')?.[0] ?? '')?.[1];
  return keyword?.toLowerCase() === 'no' ? undefined : keyword?.toLowerCase();
}

function unbuildable(what: string): BridgeError {
  return bridgeError('REPLY_UNBUILDABLE', `No mail can be built for Odoo: ${what} cannot stand in a header`);
}

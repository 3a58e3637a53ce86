import { wholeText } from '../mail/mail-text.ts';
import { readMailboxes } from './mailbox.ts';
import { findInstant } from './timestamp.ts';

/** One row of Sweego's log of received mails. */
export type InboundLogRow = {
  swgUid: string;
  /** `received`, `error` or `forwarded`; lower-case. */
  status: string;
  /** Undefined when the row has no readable instant. */
  receivedAt: Date | undefined;
  sender: string | undefined;
  subject: string;
  /** The addresses in the envelope and the headers, in lower case. */
  recipients: readonly string[];
};

/**
 * Reads a row. Undefined when it has no swg_uid.
 *
 * @see https://learn.sweego.io/docs/sweego/log-logs-swg-uid-get
 */
export function readInboundLogRow(value: unknown): InboundLogRow | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const row = value as Record<string, unknown>;
  const swgUid = textOf(row['swg_uid']);
  if (swgUid === '') return undefined;
  const mailboxes = [row['inbound_recipient'], row['email_to'], row['cc']].flatMap(readMailboxes);
  return {
    swgUid,
    status: textOf(row['status']).toLowerCase(),
    receivedAt: findInstant(textOf(row['receipt_dt'])) ?? findInstant(textOf(row['creation_dt'])),
    sender: readMailboxes(row['email_from'])[0]?.address,
    subject: textOf(row['subject']),
    recipients: mailboxes.map(({ address }) => address.toLowerCase()),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? wholeText(value).trim() : '';
}

import { sweegoLogRow } from '../../../demo/sweego-logs.ts';
import type { PendingMail } from './pending-mails.ts';

/** The content of Sweego's log: rows about our recipients, spread evenly among rows of others with the same domain. */
export type LogContents = {
  rows: number;
  /** One row each. */
  own: readonly PendingMail[];
  /** Whether the log holds the results of the mails; until then it says `queued`. */
  isFinal: boolean;
  /** When all of them were submitted, ISO 8601. */
  at: string;
};

/** The final state of a mail: what its row says, and what Odoo shows for its recipient. */
export type FinalState = {
  status: string;
  bounceType?: 'hard' | 'soft';
  smtpAnswer: string;
  shown: { x_sweego_status: string; notification_status: 'sent' | 'exception' };
};

const delivered: FinalState = {
  status: 'delivered',
  smtpAnswer: '250 2.0.0 OK 1767000000 4fb4d7f45d1cf-5ef5f7d5a1bsi123456a12.34 - gsmtp',
  shown: { x_sweego_status: 'delivered', notification_status: 'sent' },
};

/** Mails take these in turn: 14 of 20 are delivered, four are also opened or clicked, two bounce. */
const finalStates: readonly FinalState[] = [
  ...Array<FinalState>(14).fill(delivered),
  ...Array<FinalState>(3).fill({
    ...delivered,
    status: 'opened-human',
    shown: { x_sweego_status: 'email_opened', notification_status: 'sent' },
  }),
  {
    ...delivered,
    status: 'clicked-human',
    shown: { x_sweego_status: 'email_clicked', notification_status: 'sent' },
  },
  {
    status: 'undelivered',
    bounceType: 'hard',
    smtpAnswer: '550 5.1.1 The email account that you tried to reach does not exist.',
    shown: { x_sweego_status: 'hard_bounce', notification_status: 'exception' },
  },
  {
    status: 'undelivered',
    bounceType: 'soft',
    smtpAnswer: '452 4.2.2 The recipient’s inbox is out of storage space.',
    shown: { x_sweego_status: 'soft_bounce', notification_status: 'exception' },
  },
];

export function finalStateOf(ownIndex: number): FinalState {
  return finalStates[ownIndex % finalStates.length] ?? delivered;
}

/** Sweego's id of the submission in a row. */
export function uidOf({ recipient }: PendingMail): string {
  return `01-${recipient}`;
}

/** Creates the row at a position of the log: the same row each time. */
export function logRowAt(contents: LogContents, index: number): Readonly<Record<string, unknown>> {
  const { rows, own, isFinal, at } = contents;
  const ownIndex = Math.floor((index * own.length) / rows);
  const mail = own[ownIndex];
  const isOwn = mail !== undefined && Math.floor(((index + 1) * own.length) / rows) > ownIndex;
  return isOwn ? rowOf(mail, isFinal ? finalStateOf(ownIndex) : undefined, at) : rowOfOthers(index, at);
}

/** Every second row belongs to another Odoo; the others have no Message-Id. */
function rowOfOthers(index: number, at: string): Readonly<Record<string, unknown>> {
  const messageId = index % 2 === 0 ? `<shop.${index}-openerp-sale.order@shop.example.com>` : undefined;
  return rowOf({ messageId, recipient: `customer-${index}@example.net` }, finalStateOf(index), at);
}

/** A row about as long as a real one (learn.sweego.io, log-logs-swg-uid-get). */
function rowOf(
  { messageId, recipient }: { messageId: string | undefined; recipient: string },
  result: FinalState | undefined,
  at: string,
): Readonly<Record<string, unknown>> {
  const uid = `01-${recipient}`;
  const transactionId = `transaction-${recipient}`;
  const submitted = new Date(at);
  const headers = {
    from: '"Sales" <sales@example.com>',
    'x-campaign-type': 'default',
    'x-campaign-id': 'default',
    'x-client-id': '0c8cc711c85e4595953862',
    'x-mailer': 'Sweego',
    'x-originating-ip': '192.0.2.25',
    'x-swg-uid': uid,
    'x-transaction-id': transactionId,
    ...(messageId === undefined
      ? {}
      : { 'x-message-id': messageId, 'x-odoo-message-id': messageId, 'x-odoo-objects': 'sale.order-1' }),
  };
  const line =
    `mta-1 zone-mta: info Sender/default/1[1] id=${uid} 001 from=<bounce@swg.example.com> to=<${recipient}> ` +
    `src=192.0.2.10 mx=mx.example.net[198.51.100.20] (${result?.smtpAnswer ?? ''})`;
  return {
    ...sweegoLogRow({
      mail: {
        recipient,
        headers,
        subject: 'Your quotation is here',
        text: '',
        raw: '',
        receivedAt: submitted,
      },
      uid,
      transactionId,
      status: result?.status ?? 'queued',
      at: result === undefined ? submitted : new Date(submitted.getTime() + 5_000),
      bounceType: result?.bounceType ?? null,
      smtpAnswer: result?.bounceType === undefined ? '' : result.smtpAnswer,
    }),
    last_event_type: 1,
    domain_to: recipient.split('@')[1],
    msp: 'other',
    campaign_tags: [],
    accepted: result !== undefined && result.bounceType === undefined ? line : '',
    rejected: result?.bounceType === undefined ? '' : line,
    deferred: '',
    connection_ip: '192.0.2.25',
    output_ip: '192.0.2.10',
    tracking_open: [],
    tracking_click: [],
  };
}

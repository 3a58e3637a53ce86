import { sweegoLogRow } from '../../../demo/sweego-logs.ts';
import type { PendingMail } from './pending-mails.ts';

/** What Sweego's log holds: rows about our own recipients, evenly among those of others with the same domain. */
export type LogContents = {
  rows: number;
  /** One row each. */
  own: readonly PendingMail[];
  /** Whether it is known what became of the mails; until then Sweego says `queued`. */
  isFinal: boolean;
  /** When all of them were submitted, ISO 8601. */
  at: string;
};

/** How a mail ends: what its row says then, and what Odoo shows of its recipient. */
export type Fate = {
  status: string;
  bounceType?: 'hard' | 'soft';
  smtpAnswer: string;
  shown: { x_sweego_status: string; notification_status: 'sent' | 'exception' };
};

const delivered: Fate = {
  status: 'delivered',
  smtpAnswer: '250 2.0.0 OK 1767000000 4fb4d7f45d1cf-5ef5f7d5a1bsi123456a12.34 - gsmtp',
  shown: { x_sweego_status: 'delivered', notification_status: 'sent' },
};

/** Each has its turn: 14 of 20 delivered, four seen by the recipient, two bounced. */
const fates: readonly Fate[] = [
  ...Array<Fate>(14).fill(delivered),
  ...Array<Fate>(3).fill({
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

export function fateOf(ownIndex: number): Fate {
  return fates[ownIndex % fates.length] ?? delivered;
}

/** Sweego's id of the submission that a row is about. */
export function uidOf({ recipient }: PendingMail): string {
  return `01-${recipient}`;
}

/** The row at a place, made when it is asked for: the same one each time. */
export function logRowAt(contents: LogContents, index: number): Readonly<Record<string, unknown>> {
  const { rows, own, isFinal, at } = contents;
  const ownIndex = Math.floor((index * own.length) / rows);
  const mail = own[ownIndex];
  const isOwn = mail !== undefined && Math.floor(((index + 1) * own.length) / rows) > ownIndex;
  return isOwn ? rowOf(mail, isFinal ? fateOf(ownIndex) : undefined, at) : rowOfOthers(index, at);
}

/** Every second one is another Odoo's; the others know no Message-Id. */
function rowOfOthers(index: number, at: string): Readonly<Record<string, unknown>> {
  const messageId = index % 2 === 0 ? `<shop.${index}-openerp-sale.order@shop.example.com>` : undefined;
  return rowOf({ messageId, recipient: `customer-${index}@example.net` }, fateOf(index), at);
}

/** About as long as a real one (learn.sweego.io, log-logs-swg-uid-get). */
function rowOf(
  { messageId, recipient }: { messageId: string | undefined; recipient: string },
  fate: Fate | undefined,
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
    `src=192.0.2.10 mx=mx.example.net[198.51.100.20] (${fate?.smtpAnswer ?? ''})`;
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
      status: fate?.status ?? 'queued',
      at: fate === undefined ? submitted : new Date(submitted.getTime() + 5_000),
      bounceType: fate?.bounceType ?? null,
      smtpAnswer: fate?.bounceType === undefined ? '' : fate.smtpAnswer,
    }),
    last_event_type: 1,
    domain_to: recipient.split('@')[1],
    msp: 'other',
    campaign_tags: [],
    accepted: fate !== undefined && fate.bounceType === undefined ? line : '',
    rejected: fate?.bounceType === undefined ? '' : line,
    deferred: '',
    connection_ip: '192.0.2.25',
    output_ip: '192.0.2.10',
    tracking_open: [],
    tracking_click: [],
  };
}

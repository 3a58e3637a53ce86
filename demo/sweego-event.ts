import { randomUUID } from 'node:crypto';
import type { SinkMail } from './smtp-sink.ts';

/** What Sweego reports about one mail to one recipient. */
export type SweegoEvent = {
  /** Sweego's spelling, for example `delivered`, `soft-bounce`, `hard_bounce`. */
  type: string;
  /** The mail as it came over SMTP; its X- headers come back in the event. */
  mail: SinkMail;
  /** All events about one submission of one mail to one recipient share it. */
  uid: string;
  transactionId: string;
  at: Date;
  /** SMTP answer of the recipient's server, for example `550 5.1.1 user unknown`. */
  smtpAnswer?: string;
};

/**
 * The body of Sweego's webhook (learn.sweego.io, webhooks/payload), as compact as the real one. It repeats the mail's
 * headers with lower-cased names and unfolded values.
 */
export function sweegoEventBody(event: SweegoEvent): string {
  const { mail, smtpAnswer, uid, transactionId } = event;
  const echoed = Object.fromEntries(
    Object.entries(mail.headers).filter(([name]) => name.startsWith('x-') && name !== 'x-mailer'),
  );
  const domainFrom = domainOf(mail.headers['from'] ?? '');
  const wireId = `${Math.floor(event.at.getTime() / 1000)}.0c8cc711c85e4595953862.${uid.slice(-12)}`;
  const code = /^\d{3}/.exec(smtpAnswer ?? '')?.[0];
  return JSON.stringify({
    event_type: event.type,
    timestamp: event.at.toISOString().replace(/\.\d+Z$/, '+00:00'),
    swg_uid: uid,
    event_id: randomUUID(),
    channel: 'email',
    transaction_id: transactionId,
    headers: {
      'x-campaign-type': 'default',
      'x-swg-uid': uid,
      'x-swg-bid': wireId,
      'x-mailer': 'Sweego',
      'x-campaign-id': 'default',
      'x-client-id': '0c8cc711c85e4595953862',
      'x-transaction-id': transactionId,
      ...echoed,
    },
    campaign_tags: null,
    campaign_type: 'default',
    campaign_id: 'default',
    recipient: mail.recipient,
    domain_from: domainFrom,
    details: logLine(event, `<${wireId}@${domainFrom}>`),
    ...(code === undefined ? {} : { response_code: Number(code), status: null }),
  });
}

/** The line of Sweego's MTA; the second `id=` is the Message-Id that the recipient sees. */
function logLine({ mail, smtpAnswer = '250 2.0.0 OK', uid }: SweegoEvent, wireId: string): string {
  const verdict = smtpAnswer.startsWith('2') ? 'ACCEPTED' : 'REJECTED[other]';
  const domain = domainOf(mail.recipient);
  return `mta-1 zone-mta: info Sender/default/1[1] id=${uid} ${uid.slice(-12)}.001 ${verdict} from=<bounce@swg.example.com> to=<${mail.recipient}> src=192.0.2.10 mx=mx.${domain}[198.51.100.20] id=${wireId} (${smtpAnswer})`;
}

function domainOf(address: string): string {
  return (/@([^\s<>"]+)/.exec(address)?.[1] ?? '').toLowerCase();
}

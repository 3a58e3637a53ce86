/** What Sweego says of a failed delivery. */
export type FailureEvidence = {
  /** Sweego's own label; a hint only (hard and soft are mixed up in the field). */
  label: 'hard' | 'soft' | 'other';
  /** SMTP reply code as a number (452, 550), if the event carries one. */
  responseCode: number | null;
  /** The raw log line of Sweego's mail server. */
  details: string | null;
  /** Sweego refused to send, because this recipient is on its blacklist. */
  isBlacklisted: boolean;
};

/** Whose fault it is and what to do; the code under which the sentence is translated. */
export type FailureReason =
  | 'address_unknown'
  | 'mailbox_disabled'
  | 'mailbox_full'
  | 'recipient_suppressed'
  | 'sender_refused'
  | 'message_too_big'
  | 'temporary'
  | 'unclassified';

type Failure = {
  /** `soft` may still be delivered by Sweego; `hard` is final for this submission. */
  permanence: 'soft' | 'hard';
  /** Odoo's failure_type. */
  failureType: 'mail_smtp' | 'mail_email_invalid' | 'mail_bl' | 'unknown';
  reason: FailureReason;
};

/**
 * Judges a failure by the SMTP reply first and by Sweego's label second: a 4xx is never a dead address, and
 * a refusal of our reputation, policy or size never blames the customer's address.
 *
 * @see RFC 5321 section 4.2.1 (reply codes), RFC 3463 (enhanced status codes); Sweego, Webhooks, Payload
 */
export function classifyFailure(evidence: FailureEvidence): Failure {
  const details = evidence.details ?? '';
  if (evidence.isBlacklisted) return hard('mail_bl', 'recipient_suppressed');
  if (/DROP\[suppressed\]/i.test(details)) return hard('mail_bl', 'recipient_suppressed');
  const reply = smtpReply(evidence);
  const { code } = reply;
  if (code !== undefined && code >= 400 && code < 500) return soft('temporary');
  if (code !== undefined && code >= 500 && code < 600) return classifyPermanent(reply, evidence.label);
  // Without a reply the remote server never answered: nothing is known about the address.
  if (/REJECTED\[network\]/i.test(details)) return soft('temporary');
  if (evidence.label === 'soft') return soft('temporary');
  if (evidence.label === 'hard') return hard('mail_email_invalid', 'address_unknown');
  // Nobody calls it final: a delivery that follows must be believed.
  return { permanence: 'soft', failureType: 'unknown', reason: 'unclassified' };
}

/**
 * A 5xx is final unless Sweego calls it soft: then it goes on trying, and a later delivery is believed. Whose
 * fault it is, the reply tells in either case.
 */
function classifyPermanent(reply: SmtpReply, label: FailureEvidence['label']): Failure {
  const [failureType, reason] = faultOf(reply, label);
  return { permanence: label === 'soft' ? 'soft' : 'hard', failureType, reason };
}

type Fault = readonly [Failure['failureType'], FailureReason];

function faultOf({ code, enhanced, text }: SmtpReply, label: FailureEvidence['label']): Fault {
  const byEnhanced = enhanced === undefined ? undefined : faultOfEnhanced(enhanced);
  if (byEnhanced !== undefined) return byEnhanced;
  if (/spam|reputation|block ?list|black ?list|policy|\bdmarc\b|\bspf\b|\bdkim\b/i.test(text)) {
    return ['mail_smtp', 'sender_refused'];
  }
  if (/too (?:big|large)|size limit|exceeds.*size/i.test(text)) return ['mail_smtp', 'message_too_big'];
  if (code === 552 || /quota|mailbox (?:is )?full/i.test(text)) return ['mail_smtp', 'mailbox_full'];
  if (code === 550 || code === 551 || code === 553) return ['mail_email_invalid', 'address_unknown'];
  if (/user unknown|unknown user|no such (?:user|mailbox)|does not exist/i.test(text)) {
    return ['mail_email_invalid', 'address_unknown'];
  }
  // 554, 571 and the like say that the transaction failed, not that the address is wrong.
  return label === 'other' ? ['unknown', 'unclassified'] : ['mail_smtp', 'sender_refused'];
}

/** By the subject and detail of an enhanced code `5.subject.detail` (RFC 3463 section 3). */
function faultOfEnhanced(enhanced: string): Fault | undefined {
  const [, subject, detail] = enhanced.split('.').map(Number);
  // 5.1.7 and 5.1.8 speak of the sender's address; 5.1.2 and 5.4.4 of a domain that does not exist.
  if (subject === 1) {
    return detail === 7 || detail === 8
      ? ['mail_smtp', 'sender_refused']
      : ['mail_email_invalid', 'address_unknown'];
  }
  if (subject === 2 && detail === 1) return ['mail_email_invalid', 'mailbox_disabled'];
  if (subject === 2 && detail === 2) return ['mail_smtp', 'mailbox_full'];
  if ((subject === 2 && detail === 3) || (subject === 3 && detail === 4)) {
    return ['mail_smtp', 'message_too_big'];
  }
  if (subject === 7) return ['mail_smtp', 'sender_refused'];
  if (subject === 4) {
    return detail === 4 ? ['mail_email_invalid', 'address_unknown'] : ['mail_smtp', 'unclassified'];
  }
  return undefined;
}

type SmtpReply = { code: number | undefined; enhanced: string | undefined; text: string };

/**
 * The reply code, enhanced code and text of the line. Only the text in the last parentheses is the remote
 * server's reply: names and addresses of machines (`mx=antispam.example.org[5.1.1.20]`) say nothing.
 */
function smtpReply(evidence: FailureEvidence): SmtpReply {
  const line = (evidence.details ?? '').replace(/\d{1,3}(?:\.\d{1,3}){3}/g, '');
  const text = /\((?<reply>[^()]*(?:\([^()]*\)[^()]*)*)\)\s*$/.exec(line)?.groups?.['reply'] ?? line;
  const found = /(?:^|[\s:>-])([245]\d\d)(?=[\s-]|$)/.exec(text)?.[1];
  const stated = evidence.responseCode;
  const isStated = stated !== null && stated >= 200 && stated < 600;
  const code = isStated ? stated : found === undefined ? undefined : Number(found);
  const enhanced = /(?:^|[\s#-])([45]\.\d{1,3}\.\d{1,3})(?![.\d])/.exec(text)?.[1];
  const isConsistent = code !== undefined && enhanced?.startsWith(String(code)[0] ?? '') === true;
  return { code, enhanced: isConsistent ? enhanced : undefined, text };
}

function soft(reason: FailureReason): Failure {
  return { permanence: 'soft', failureType: 'mail_smtp', reason };
}

function hard(failureType: Failure['failureType'], reason: FailureReason): Failure {
  return { permanence: 'hard', failureType, reason };
}

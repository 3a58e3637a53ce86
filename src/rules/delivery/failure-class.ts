/** What Sweego reports about a failed delivery. */
export type FailureEvidence = {
  /** Sweego's own label. It is only a hint: in practice hard and soft are mixed up. */
  label: 'hard' | 'soft' | 'other';
  /** SMTP reply code as a number (452, 550), if the event has one. */
  responseCode: number | null;
  /** The line in the log of Sweego's mail server. */
  details: string | null;
  /** Sweego refused to send, because this recipient is on its blacklist. */
  isBlacklisted: boolean;
};

/** The cause of a failure. The text for people is translated by it. */
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
  /** After `soft`, Sweego may still deliver. `hard` is final for this submission. */
  permanence: 'soft' | 'hard';
  /** Odoo's failure_type. */
  failureType: 'mail_smtp' | 'mail_email_invalid' | 'mail_bl' | 'unknown';
  reason: FailureReason;
};

/**
 * Judges a failure by the SMTP reply first, and by Sweego's label second. A 4xx reply never means that the address does
 * not exist. A refusal for reputation, policy or size is never the fault of the customer's address.
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
  // The receiving server did not answer, so nothing is known about the address.
  if (/REJECTED\[network\]/i.test(details)) return soft('temporary');
  if (evidence.label === 'soft') return soft('temporary');
  if (evidence.label === 'hard') return hard('mail_email_invalid', 'address_unknown');
  // It is not known to be final, so a later delivery counts.
  return { permanence: 'soft', failureType: 'unknown', reason: 'unclassified' };
}

/**
 * A 5xx reply is final, unless Sweego labels it soft: then Sweego retries, and a later delivery counts. In both cases the
 * reply shows the cause.
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
  // Codes such as 554 and 571 mean that the transaction failed, not that the address is wrong.
  return label === 'other' ? ['unknown', 'unclassified'] : ['mail_smtp', 'sender_refused'];
}

/** By the subject and detail of an enhanced code `5.subject.detail` (RFC 3463 section 3). */
function faultOfEnhanced(enhanced: string): Fault | undefined {
  const [, subject, detail] = enhanced.split('.').map(Number);
  // 5.1.7 and 5.1.8 are about the sender's address, 5.1.2 and 5.4.4 about a domain that does not exist.
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
 * The reply code, the enhanced code and the text of the line. Only the text in the last parentheses is the reply of the
 * receiving server. Names and addresses of machines (`mx=antispam.example.org[5.1.1.20]`) must not be read as codes.
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

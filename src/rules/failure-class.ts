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

export type Failure = {
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
  const { code, enhanced } = smtpReply(evidence);
  if (code !== undefined && code >= 400 && code < 500) return soft('temporary');
  if (code !== undefined && code >= 500 && code < 600)
    return classifyPermanent(code, enhanced, details, evidence.label);
  // Without a reply the remote server never answered: nothing is known about the address.
  if (/REJECTED\[network\]/i.test(details)) return soft('temporary');
  if (evidence.label === 'soft') return soft('temporary');
  if (evidence.label === 'hard') return hard('mail_email_invalid', 'address_unknown');
  return hard('unknown', 'unclassified');
}

function classifyPermanent(
  code: number,
  enhanced: string | undefined,
  details: string,
  label: FailureEvidence['label'],
): Failure {
  if (enhanced !== undefined) {
    const byEnhanced = classifyEnhanced(enhanced);
    if (byEnhanced !== undefined) return byEnhanced;
  }
  if (/spam|reputation|block ?list|black ?list|policy|\bdmarc\b|\bspf\b|\bdkim\b/i.test(details)) {
    return hard('mail_smtp', 'sender_refused');
  }
  if (/too (?:big|large)|size limit|exceeds.*size/i.test(details))
    return hard('mail_smtp', 'message_too_big');
  if (/quota|mailbox (?:is )?full|over ?quota/i.test(details) || code === 552)
    return hard('mail_smtp', 'mailbox_full');
  if (code === 550 || code === 551 || code === 553) return hard('mail_email_invalid', 'address_unknown');
  if (label === 'hard') return hard('mail_email_invalid', 'address_unknown');
  return label === 'soft' ? hard('mail_smtp', 'sender_refused') : hard('unknown', 'unclassified');
}

/** By the subject and detail of an enhanced code `5.subject.detail` (RFC 3463 section 3). */
function classifyEnhanced(enhanced: string): Failure | undefined {
  const [, subject, detail] = enhanced.split('.').map(Number);
  // 5.1.7 and 5.1.8 speak of the sender's address.
  if (subject === 1) {
    return detail === 7 || detail === 8
      ? hard('mail_smtp', 'sender_refused')
      : hard('mail_email_invalid', 'address_unknown');
  }
  if (subject === 2 && detail === 1) return hard('mail_email_invalid', 'mailbox_disabled');
  if (subject === 2 && detail === 2) return hard('mail_smtp', 'mailbox_full');
  if ((subject === 2 && detail === 3) || (subject === 3 && detail === 4))
    return hard('mail_smtp', 'message_too_big');
  if (subject === 7) return hard('mail_smtp', 'sender_refused');
  if (subject === 4) return hard('mail_smtp', 'temporary');
  return undefined;
}

/**
 * The reply code and enhanced code of the line. Only the text in the last parentheses is the remote
 * server's reply; addresses of machines (`mx=…[5.1.1.20]`) are no status codes.
 */
function smtpReply(evidence: FailureEvidence): { code: number | undefined; enhanced: string | undefined } {
  const line = (evidence.details ?? '').replace(/\d{1,3}(?:\.\d{1,3}){3}/g, '');
  const reply = /\((?<reply>[^()]*(?:\([^()]*\)[^()]*)*)\)\s*$/.exec(line)?.groups?.['reply'] ?? line;
  const found = /(?:^|[\s:>-])([245]\d\d)(?=[\s-]|$)/.exec(reply)?.[1];
  const stated = evidence.responseCode;
  const code =
    stated !== null && stated >= 200 && stated < 600
      ? stated
      : found === undefined
        ? undefined
        : Number(found);
  const enhanced = /(?:^|[\s#-])([45]\.\d{1,3}\.\d{1,3})(?![.\d])/.exec(reply)?.[1];
  return {
    code,
    enhanced:
      code !== undefined && enhanced?.startsWith(String(code)[0] ?? '') === true ? enhanced : undefined,
  };
}

function soft(reason: FailureReason): Failure {
  return { permanence: 'soft', failureType: 'mail_smtp', reason };
}

function hard(failureType: Failure['failureType'], reason: FailureReason): Failure {
  return { permanence: 'hard', failureType, reason };
}

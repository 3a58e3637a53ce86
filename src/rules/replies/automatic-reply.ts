import type { HeaderMap } from '../../sweego/header-map.ts';

/** The facts about a mail by which it is judged. */
export type MailToJudge = {
  /** The headers that Sweego passes on, completed from its log once that was asked. */
  headers: HeaderMap;
  /** Bare address of the sender. */
  from: string;
  subject: string;
  /** Sweego's log was asked for the headers, with any result. */
  isLogAsked: boolean;
  /** A recipient is an alias of Odoo, other than catchall and bounce. */
  hasAlias: boolean;
  /** A recipient holds a verified reply token. */
  hasToken: boolean;
  /** `x-odoo-message-id` or `x-message-id` names a message of this Odoo. */
  isOwnMessage: boolean;
  /** UUID of the bridge's account at Sweego; `null` when it is not configured. */
  clientUuid: string | null;
};

/**
 * - `genuine`: it is treated as a person's mail.
 * - `unknown`: the necessary headers are missing. Ask Sweego's log (`GET /logs/{swg_uid}`) and judge again.
 * - `loop`: a mail of this Odoo that came back, or a report about one. It is never posted.
 * - `automatic`: a machine's answer, not a customer's reply. It may only be shown in a thread that it clearly answers.
 * - `suspect`: there is no such header, but the subject reads like an absence notice. A person decides.
 */
export type MailJudgement =
  { kind: 'genuine' } | { kind: 'unknown' } | { kind: 'loop' | 'automatic' | 'suspect'; reason: string };

/**
 * Whether a mail is a loop, or a machine's answer that must not become a customer's reply.
 *
 * A mail that was sent and received through Sweego has `x-mailer: Sweego` and `x-zone-loop`. The invoices of a sister
 * company and the mails of customers who use Sweego have them too. So these headers count only when the mail addresses no
 * alias and no token, and names no other account as its sender.
 *
 * A mail that a machine sends on its own (`auto-generated`: a form, a scanner) to an alias is welcome there. A mail that a
 * machine sends as an answer (`auto-replied`) is automatic at any address.
 *
 * @see RFC 3834 section 5 (Auto-Submitted)
 */
export function judgeMail(mail: MailToJudge): MailJudgement {
  const loop = loopReason(mail);
  if (loop !== undefined) return { kind: 'loop', reason: loop };
  const automatic = answerReason(mail) ?? (mail.hasAlias ? undefined : machineReason(mail));
  if (automatic !== undefined) return { kind: 'automatic', reason: automatic };
  if (hasOtherHeaders(mail.headers)) return { kind: 'genuine' };
  if (!mail.isLogAsked) return { kind: 'unknown' };
  return absenceSubject.test(mail.subject.trim())
    ? { kind: 'suspect', reason: 'the subject reads like an absence notice, and no headers are known' }
    : { kind: 'genuine' };
}

function loopReason(mail: MailToJudge): string | undefined {
  const references = [...values(mail, 'in-reply-to'), ...values(mail, 'references')];
  if (references.some((text) => text.includes('-loop-detection-bounce-email@'))) {
    return 'it answers a refusal that Odoo sent';
  }
  if (/^mailer-daemon@/i.test(mail.from)) return 'it is a delivery report (from mailer-daemon)';
  if (mail.hasAlias || mail.hasToken) return undefined;
  if (mail.isOwnMessage) return 'it is a mail of this Odoo that came back';
  if (isOfAnotherAccount(mail)) return undefined;
  if (values(mail, 'x-zone-loop').length > 0) return 'it has x-zone-loop and no explicit destination';
  return values(mail, 'x-mailer').some((text) => text.trim().toLowerCase() === 'sweego')
    ? 'it has x-mailer: Sweego and no explicit destination'
    : undefined;
}

/** `x-client-id` is the account's UUID without dashes. */
function isOfAnotherAccount(mail: MailToJudge): boolean {
  const [sender] = values(mail, 'x-client-id');
  if (sender === undefined || mail.clientUuid === null) return false;
  return bareUuid(sender) !== bareUuid(mail.clientUuid);
}

function bareUuid(text: string): string {
  return text.replaceAll('-', '').trim().toLowerCase();
}

function answerReason(mail: MailToJudge): string | undefined {
  if (words(mail, 'auto-submitted').includes('auto-replied')) return 'auto-submitted: auto-replied';
  const marks = ['x-autoreply', 'x-autorespond', 'x-autoresponse'];
  const mark = marks.find((name) => words(mail, name).some((word) => !['no', 'false', '0'].includes(word)));
  if (mark !== undefined) return mark;
  if (words(mail, 'precedence').includes('auto_reply')) return 'precedence: auto_reply';
  return values(mail, 'return-path').some((text) => text.trim() === '<>') ? 'the null sender' : undefined;
}

function machineReason(mail: MailToJudge): string | undefined {
  const submitted = words(mail, 'auto-submitted').find((word) => word !== 'no');
  if (submitted !== undefined) return 'auto-submitted is not no';
  if (words(mail, 'precedence').some((word) => ['bulk', 'junk'].includes(word))) return 'precedence: bulk';
  // Values about receipts are set on a person's mail too ([MS-OXCMAIL] section 2.1.3.2.21).
  return words(mail, 'x-auto-response-suppress').some((word) => ['all', 'oof', 'autoreply'].includes(word))
    ? 'x-auto-response-suppress'
    : undefined;
}

/** Sweego often passes on only the headers for threading. If there is any other, it has passed on all of them. */
function hasOtherHeaders(headers: HeaderMap): boolean {
  const threading = ['in-reply-to', 'references', 'message-id'];
  return [...headers.keys()].some((name) => !threading.includes(name));
}

/** Words of mail programs before a subject or in place of it, in French and English. */
const absencePhrases = [
  'auto(?:mat(?:ic|ed))?[ -]?(?:reply|response|answer)',
  'out[ -]of[ -](?:the[ -])?office(?: (?:auto[ -]?)?reply| notice)?',
  'vacation (?:reply|notice|response)',
  'away from (?:my|the) office',
  '(?:r[ée]ponse|message) automatique',
  "(?:(?:message|notification) d[ ’']?)?absence(?: du bureau)?",
  'absente?(?: du bureau)?',
  '(?:en )?cong[ée]s?',
].join('|');

/**
 * A bracket or a punctuation mark must end the phrase, because "Absence du bureau de poste" and "Out of office supplies"
 * are subjects of customers.
 */
const absenceSubject = new RegExp(
  `^(?:\\[(?:${absencePhrases})\\]|(?:${absencePhrases})\\s*(?:[:;!.–—-]|\\bre\\b|$))`,
  'i',
);

function values(mail: MailToJudge, name: string): readonly string[] {
  return mail.headers.get(name) ?? [];
}

/** The values, split at commas, without parameters and comments, in lower case. */
function words(mail: MailToJudge, name: string): string[] {
  return values(mail, name)
    .flatMap((text) => text.split(','))
    .map((text) =>
      text
        .replace(/[;(].*$/s, '')
        .trim()
        .toLowerCase(),
    )
    .filter((word) => word !== '');
}

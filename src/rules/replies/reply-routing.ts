import type { ErrorCode } from '../../errors.ts';
import type { Document, RouteAnswer, RoutedMessage } from '../../odoo/reply-route.ts';
import type { MailJudgement } from './automatic-reply.ts';
import type { ReplyClues } from './reply-references.ts';

/** One posting of the mail. A mail for two documents needs two. */
export type ReplyPosting = {
  /** With `null`, Odoo's routing by alias decides. */
  document: Document | null;
  /** Message-Id of the answered message in Odoo. An answer to an internal note becomes a note by it. */
  inReplyTo: string | null;
  /** Normalised addresses that To and Cc must not hold, because they would lead Odoo to another place. */
  hide: readonly string[];
  /** Alias addresses that are in neither To nor Cc. */
  deliveredTo: readonly string[];
};

/**
 * - `post`: `confidence` is `certain` for a token, an alias or an operator's choice, `high` for In-Reply-To, and `medium`
 *   for References. `notes` report contradictions and what was left out.
 * - `ignore` is final. `park` waits for a person. No reason holds an address, a subject or a body.
 */
export type ReplyPlan =
  | {
      kind: 'post';
      postings: readonly ReplyPosting[];
      confidence: 'certain' | 'high' | 'medium';
      reason: string;
      notes: readonly string[];
    }
  | { kind: 'ignore'; reason: string }
  | ParkPlan;

type ParkPlan = { kind: 'park'; code: ErrorCode; reason: string };

type Found = { message: RoutedMessage; document: Document; by: string; confidence: 'high' | 'medium' };

/**
 * Finds the place of a mail. It is, in this order: the documents of its valid tokens; the alias that it is addressed to;
 * the message in In-Reply-To; the newest known message in References; the message with a wire id in In-Reply-To, then in
 * References. A mail without a place is parked, never dropped.
 *
 * - The first step that finds a place wins. Contradictions of later steps are noted.
 * - A token of a deleted document parks the mail, because a reply never creates a record.
 * - An alias may have the same model as the answered document. Odoo itself lets customers answer to such an alias (a team's
 *   address), so the mail joins the document, as in mail.thread.message_route. Any other alias creates a record, and the
 *   references of the mail are dropped.
 * - Odoo posts an employee's answer publicly and mails it to the customer, unless In-Reply-To names the note that it
 *   answers. When the answered message is unknown, the mail is parked.
 */
export function planReply(
  clues: ReplyClues,
  known: RouteAnswer,
  mail: { judgement: MailJudgement; showsAutomatic: boolean },
): ReplyPlan {
  const { judgement } = mail;
  if (judgement.kind === 'loop') return { kind: 'ignore', reason: `loop: ${judgement.reason}` };
  if (judgement.kind === 'suspect') {
    return { kind: 'park', code: 'REPLY_SUSPECT', reason: judgement.reason };
  }
  const isAutomatic = judgement.kind === 'automatic';
  if (isAutomatic && !mail.showsAutomatic) {
    return { kind: 'ignore', reason: `automatic: ${judgement.reason}` };
  }
  const answered = findAnswered(clues, known);
  const plan =
    planByTokens(clues, known, answered) ??
    planByAlias(clues, known, answered) ??
    planByAnswer(known, answered);
  if (plan.kind !== 'post') return plan;
  if (isAutomatic && plan.postings.some(({ document }) => document === null)) {
    return { kind: 'ignore', reason: `automatic: ${judgement.reason}; it answers no known document` };
  }
  return isUncertainEmployee(clues, known, plan.postings) ? parked('REPLY_NOTE_UNCERTAIN') : plan;
}

function planByTokens(
  clues: ReplyClues,
  known: RouteAnswer,
  answered: Found | undefined,
): ReplyPlan | undefined {
  if (clues.tokens.length === 0) return undefined;
  const there = known.documents.filter(({ is_there, model }) => is_there && model !== null);
  const documents = new Map(there.map((each) => [`${each.model},${each.id}`, each]));
  if (documents.size === 0) return parked('REPLY_DOCUMENT_GONE');
  const postings = [...documents.values()].map(({ model, id, newest_mailed }) => {
    const document = { model: model ?? '', id };
    const parent = isSame(answered?.document, document) ? answered?.message : newest_mailed;
    return postingOn(document, parent ?? null, known);
  });
  const gone = known.documents.length - there.length;
  const notes = [
    ...(gone > 0 ? [`${gone} more token(s) name documents that are gone`] : []),
    ...(answered !== undefined && !documents.has(nameOf(answered.document))
      ? [`${answered.by} names ${nameOf(answered.document)}; the token counts`]
      : []),
    ...(known.recipients.some(({ kind }) => kind === 'alias')
      ? ['an alias is addressed too; the token counts']
      : []),
  ];
  return { kind: 'post', postings, confidence: 'certain', reason: 'reply token', notes };
}

function planByAlias(
  clues: ReplyClues,
  known: RouteAnswer,
  answered: Found | undefined,
): ReplyPlan | undefined {
  const aliases = known.recipients.filter(({ kind }) => kind === 'alias');
  if (aliases.length === 0) return undefined;
  const isOfAnswered = aliases.every(
    ({ model, thread_id }) =>
      model === answered?.document.model && (thread_id ?? answered?.document.id) === answered?.document.id,
  );
  if (answered !== undefined && isOfAnswered) return planByAnswer(known, answered);
  const others = known.recipients.filter(({ kind }) => kind !== 'alias').map(({ address }) => address);
  const addresses = [...new Set(aliases.map(({ address }) => address))];
  const posting: ReplyPosting = {
    document: null,
    inReplyTo: null,
    hide: others.filter((address) => !addresses.includes(address)),
    deliveredTo: addresses.filter((address) => clues.hiddenRecipients.includes(address)),
  };
  const notes =
    answered === undefined ? [] : [`${answered.by} names ${nameOf(answered.document)}; the alias counts`];
  return { kind: 'post', postings: [posting], confidence: 'certain', reason: 'alias', notes };
}

function planByAnswer(known: RouteAnswer, answered: Found | undefined): ReplyPlan {
  if (answered === undefined) {
    const isGone = known.messages.some(({ model, is_there }) => model !== null && !is_there);
    return parked(isGone ? 'REPLY_DOCUMENT_GONE' : 'REPLY_UNPLACED');
  }
  const postings = [postingOn(answered.document, answered.message, known)];
  return { kind: 'post', postings, confidence: answered.confidence, reason: answered.by, notes: [] };
}

/** The answered message, if its document exists. */
export function findAnswered(clues: ReplyClues, known: RouteAnswer): Found | undefined {
  const wire = (ids: readonly string[]) =>
    ids.flatMap((id) => known.wire_ids.filter(({ wire_id }) => wire_id === id).map((row) => row.message_id));
  const steps = [
    { ids: clues.inReplyTo, by: 'In-Reply-To', confidence: 'high' },
    { ids: clues.references, by: 'References', confidence: 'medium' },
    { ids: wire(clues.inReplyTo), by: 'In-Reply-To on the wire', confidence: 'high' },
    { ids: wire(clues.references), by: 'References on the wire', confidence: 'medium' },
  ] as const;
  for (const { ids, by, confidence } of steps) {
    for (const id of ids) {
      // Several messages may share one id. Odoo takes the newest (mail.thread._get_parent_message).
      const message = known.messages.findLast((each) => each.message_id === id && each.is_there);
      if (message === undefined || message.model === null || message.res_id === null) continue;
      return { message, document: { model: message.model, id: message.res_id }, by, confidence };
    }
  }
  return undefined;
}

/** A posting on this document and in no other place. */
export function postingOn(
  document: Document,
  parent: RoutedMessage | null,
  known: RouteAnswer,
): ReplyPosting {
  const hide = [...new Set(known.recipients.map(({ address }) => address))];
  return { document, inReplyTo: parent?.message_id ?? null, hide, deliveredTo: [] };
}

/** Whether Odoo would post an employee's mail publicly although it may answer an internal note. */
export function isUncertainEmployee(
  clues: ReplyClues,
  known: RouteAnswer,
  postings: readonly ReplyPosting[],
): boolean {
  if (!known.internal_senders.includes(clues.sender)) return false;
  return postings.some(({ document, inReplyTo }) => document !== null && inReplyTo === null);
}

function isSame(one: Document | undefined, other: Document): boolean {
  return one?.model === other.model && one.id === other.id;
}

function nameOf({ model, id }: Document): string {
  return `${model},${id}`;
}

const parkReasons = {
  REPLY_DOCUMENT_GONE: 'the document that it answers no longer exists',
  REPLY_UNPLACED: 'the mail names no document, alias or message that Odoo knows',
  REPLY_NOTE_UNCERTAIN: 'the sender is an employee, and the mail may answer an internal note',
};

export function parked(code: keyof typeof parkReasons): ParkPlan {
  return { kind: 'park', code, reason: parkReasons[code] };
}

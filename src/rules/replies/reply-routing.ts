import type { ErrorCode } from '../../errors.ts';
import type { Document, RouteAnswer, RoutedMessage } from '../../odoo/reply-route.ts';
import type { MailJudgement } from './automatic-reply.ts';
import type { ReplyClues } from './reply-references.ts';

/** One posting of the mail. A mail for two documents needs two. */
export type ReplyPosting = {
  /** `null` leaves the place to Odoo's routing by alias. */
  document: Document | null;
  /** Message-Id of Odoo's message that is answered; makes an answer to an internal note a note. */
  inReplyTo: string | null;
  /** Normalised addresses that Odoo must not see in To and Cc: they would lead it elsewhere. */
  hide: readonly string[];
  /** Alias addresses that stand neither in To nor in Cc. */
  deliveredTo: readonly string[];
};

/**
 * - `post`: `confidence` is `certain` for what only we or the sender's explicit choice can name, `high` for one
 *   exact reference, `medium` for an older ancestor. `notes` tell contradictions and what was left out.
 * - `ignore`, `park`: for good, or until a human decides. No reason holds an address, a subject or a body.
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

export type ParkPlan = { kind: 'park'; code: ErrorCode; reason: string };

type Found = { message: RoutedMessage; document: Document; by: string; confidence: 'high' | 'medium' };

/**
 * Where a mail belongs, in this order: the documents of its valid tokens; the alias it is addressed to; the
 * message that In-Reply-To names; the newest known one in References; the message whose id on the wire
 * In-Reply-To, then References name. Nothing found is parked, never dropped.
 *
 * - The first step that finds a place wins. What later steps would have said differently is noted.
 * - A token of a document that is gone parks the mail: a reply never makes a new record.
 * - An alias of the same model as the document that is answered is where Odoo itself has answers sent (a
 *   team's address): such a mail joins the document, as in mail.thread.message_route. Any other alias starts
 *   anew, and the mail's references are dropped.
 * - Odoo posts an employee's answer publicly, mailing it to the customer, unless In-Reply-To names the note
 *   that he answers. When that is not known, nobody may guess: parked.
 */
export function planReply(
  clues: ReplyClues,
  known: RouteAnswer,
  mail: { judgement: MailJudgement; showsAutomatic: boolean },
): ReplyPlan {
  const { judgement } = mail;
  if (judgement.kind === 'loop') return { kind: 'ignore', reason: `loop: ${judgement.reason}` };
  if (judgement.kind === 'suspect') {
    return { kind: 'park', code: 'REPLY_SUSPECT', reason: `the mail ${judgement.reason}` };
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

/** The message that is answered and whose document is there. */
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
      // Several may share one id; Odoo takes the newest (mail.thread._get_parent_message).
      const message = known.messages.findLast((each) => each.message_id === id && each.is_there);
      if (message === undefined || message.model === null || message.res_id === null) continue;
      return { message, document: { model: message.model, id: message.res_id }, by, confidence };
    }
  }
  return undefined;
}

/** On this document and nowhere else. */
export function postingOn(
  document: Document,
  parent: RoutedMessage | null,
  known: RouteAnswer,
): ReplyPosting {
  const hide = [...new Set(known.recipients.map(({ address }) => address))];
  return { document, inReplyTo: parent?.message_id ?? null, hide, deliveredTo: [] };
}

/** Odoo would post his mail publicly, and nobody knows whether he answers an internal note. */
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
  REPLY_DOCUMENT_GONE: 'the document it answers does not exist any more',
  REPLY_UNPLACED: 'the mail names no document, alias or message that Odoo knows',
  REPLY_NOTE_UNCERTAIN: 'the sender is an employee, and it is not known whether he answers an internal note',
};

export function parked(code: keyof typeof parkReasons): ParkPlan {
  return { kind: 'park', code, reason: parkReasons[code] };
}

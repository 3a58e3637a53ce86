import type { Document, RouteAnswer } from '../../odoo/reply-route.ts';
import type { ReplyClues } from './reply-references.ts';
import { findAnswered, isUncertainEmployee, parked, postingOn } from './reply-routing.ts';
import type { ReplyPlan } from './reply-routing.ts';

/** A document as an operator writes it: `sale.order,23`. Undefined for any other text. */
export function parseReplyTarget(text: string): Document | undefined {
  const [, model, digits] = /^([a-z][a-z0-9_.]*),([1-9]\d{0,9})$/.exec(text) ?? [];
  const id = Number(digits);
  return model === undefined || id > largestId ? undefined : { model, id };
}

/** Odoo's ids are PostgreSQL integers. */
const largestId = 2 ** 31 - 1;

/** The document that the operator gave with the last replay; undefined without one. */
export function targetOf({ target }: { target: string | null }): Document | undefined {
  return target === null ? undefined : parseReplyTarget(target);
}

/**
 * The plan for a mail whose document an operator has chosen. The mail is not judged.
 *
 * An employee's mail may answer an internal note. Unless it answers a known message of the document, it is posted as an
 * answer to the newest internal note. That makes it a note too; otherwise Odoo would mail it to the customer. If the
 * document has no internal note, there is no doubt.
 */
export function planByHand(clues: ReplyClues, known: RouteAnswer, target: Document): ReplyPlan {
  const asked = known.documents.find(({ model, id }) => model === target.model && id === target.id);
  if (asked?.is_there !== true) return parked('REPLY_DOCUMENT_GONE');
  const answered = findAnswered(clues, known);
  const isOnTarget = answered?.document.model === target.model && answered.document.id === target.id;
  const certain = postingOn(target, isOnTarget ? answered.message : asked.newest_mailed, known);
  const posting = isUncertainEmployee(clues, known, [certain])
    ? postingOn(target, asked.newest_note, known)
    : certain;
  return {
    kind: 'post',
    postings: [posting],
    confidence: 'certain',
    reason: 'operator',
    notes: [],
  };
}

import type { Document, RouteAnswer } from '../../odoo/reply-route.ts';
import type { ReplyClues } from './reply-references.ts';
import { findAnswered, isUncertainEmployee, parked, postingOn } from './reply-routing.ts';
import type { ReplyPlan } from './reply-routing.ts';

/** A document as an operator writes it: `sale.order,23`. Undefined when it is not of this form. */
export function parseReplyTarget(text: string): Document | undefined {
  const [, model, digits] = /^([a-z][a-z0-9_.]*),([1-9]\d{0,9})$/.exec(text) ?? [];
  const id = Number(digits);
  return model === undefined || id > largestId ? undefined : { model, id };
}

/** Odoo's ids are PostgreSQL integers. */
const largestId = 2 ** 31 - 1;

/** The document that the last replay of an entry named; undefined when it named none. */
export function targetOf({ target }: { target: string | null }): Document | undefined {
  return target === null ? undefined : parseReplyTarget(target);
}

/**
 * A mail whose place an operator has decided. Nothing else about it is judged.
 *
 * An employee's mail that answers nothing known on the document is posted as an answer to the document's newest
 * internal note, which makes it a note: what he wrote may be an answer to one, and would be mailed to the
 * customer otherwise. A document without any internal note leaves no doubt.
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

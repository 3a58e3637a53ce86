import { BridgeError, bridgeError } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';
import type { Entry } from '../../inbox/inbox.ts';
import type { DeliverAnswer } from '../../odoo/reply-answers.ts';
import { languageOf } from '../../rules/language.ts';
import { describeReply } from '../../rules/replies/describe-reply.ts';
import type { ReplySource } from '../../rules/replies/describe-reply.ts';
import { parked } from '../../rules/replies/reply-routing.ts';
import type { ReplyPlan, ReplyPosting } from '../../rules/replies/reply-routing.ts';
import { parkedBy } from '../worker/lane.ts';
import type { EntryResult } from '../worker/lane.ts';
import type { ReplyDeps } from './reply-deps.ts';
import { collectReply, streamReply } from './stream-reply.ts';

/** Delay while another call delivers the same mail. */
const busyMs = 5_000;

type Posting = {
  source: ReplySource;
  plan: Extract<ReplyPlan, { kind: 'post' }>;
  /** An operator chose the place: the mail is posted there even if Odoo has it elsewhere. */
  isByHand: boolean;
};

type Placed = { places: string[]; isNew: boolean };

/**
 * Posts a mail on each document of its plan, or where Odoo's own routing puts it. Documents that have it already stay
 * unchanged. A mail counts as posted only when Odoo confirms it.
 *
 * @throws BridgeError ODOO_*: the entry has no result
 */
export async function postReply(deps: ReplyDeps, entry: Entry, posting: Posting): Promise<EntryResult> {
  const { source, plan } = posting;
  const places: string[] = [];
  let isNew = false;
  for (const [position, each] of plan.postings.entries()) {
    const answer = await postOne(deps, posting, { ...each, position });
    if ('kind' in answer) return onlyPartly(answer, places);
    places.push(...answer.places);
    isNew ||= answer.isNew;
  }
  const why = `by ${plan.reason} (${plan.confidence})${isNew ? '' : ', was there already'}`;
  const reason = [`${[...new Set(places)].join(' and ')} ${why}`, ...plan.notes].join('; ');
  deps.log.info({ entry: entry.id, places, missing: source.missing.length }, 'reply is in Odoo');
  return { kind: 'settle', outcome: { outcome: 'injected', reason } };
}

async function postOne(
  deps: ReplyDeps,
  { source, isByHand }: Posting,
  posting: ReplyPosting & { position: number },
): Promise<Placed | EntryResult> {
  const first = await deliver(deps, source, posting);
  const isElsewhere = 'places' in first && !first.isNew && !first.places.includes(placeOf(posting));
  // With another Message-Id, as for the second document of a mail: Odoo posts each Message-Id once.
  if (isByHand && isElsewhere) return deliver(deps, source, { ...posting, position: posting.position + 1 });
  return first;
}

async function deliver(
  deps: ReplyDeps,
  source: ReplySource,
  posting: ReplyPosting & { position: number },
): Promise<Placed | EntryResult> {
  try {
    const description = describeReply(source, posting, languageOf(deps.settings.company_language));
    const answer = await deps.actions.deliver({
      message: await collectReply(streamReply(description)),
      messageId: description.messageId,
      document: posting.document,
    });
    return resultOf(answer);
  } catch (error) {
    const isForHuman: readonly ErrorCode[] = ['REPLY_UNBUILDABLE', 'ODOO_TOO_LARGE'];
    if (!(error instanceof BridgeError) || !isForHuman.includes(error.code)) throw error;
    return parkedBy(error);
  }
}

function resultOf(answer: DeliverAnswer): Placed | EntryResult {
  switch (answer.result) {
    case 'posted':
    case 'duplicate':
      return {
        places: answer.messages.map(({ model, res_id }) => `${model ?? 'no document'},${res_id ?? 0}`),
        isNew: answer.result === 'posted',
      };
    case 'busy':
      return { kind: 'wait', delayMs: busyMs, reason: 'another call delivers this mail to Odoo' };
    case 'missing':
      return parked('REPLY_DOCUMENT_GONE');
    case 'refused':
      return { kind: 'park', code: 'REPLY_REFUSED', reason: answer.reason };
    case 'failed':
      return { kind: 'failed', error: notTaken(answer.exception) };
  }
}

/** When only a part of the documents received the mail, the reason must name them. */
function onlyPartly(result: EntryResult, places: readonly string[]): EntryResult {
  if (result.kind !== 'park' || places.length === 0) return result;
  return { ...result, reason: `${result.reason} (it is in Odoo on ${places.join(' and ')})` };
}

function placeOf({ document }: ReplyPosting): string {
  return `${document?.model},${document?.id}`;
}

/** @param exception name of a Python class; its message may quote the mail and is not used */
function notTaken(exception: string): BridgeError {
  const name = /^[A-Za-z_]{1,60}$/.test(exception) ? exception : 'an exception';
  return bridgeError('REPLY_NOT_TAKEN', `Odoo failed to take the mail (${name})`, {
    details: { exception: name },
  });
}

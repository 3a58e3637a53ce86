import { BridgeError } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';
import type { Entry } from '../../inbox/inbox.ts';
import { targetOf } from '../../rules/replies/reply-by-hand.ts';
import { circuitKey } from '../../rules/replies/reply-circuit.ts';
import { parseInboundMail } from '../../sweego/inbound-mail.ts';
import type { InboundMail } from '../../sweego/inbound-mail.ts';
import { parkedBy } from '../worker/lane.ts';
import type { EntryResult } from '../worker/lane.ts';
import { keepAttachments } from './keep-attachments.ts';
import { placeReply } from './place-reply.ts';
import type { PlacedReply } from './place-reply.ts';
import { postReply } from './post-reply.ts';
import type { ReplyDeps } from './reply-deps.ts';

/**
 * Brings one reply to Odoo: parse, find its place, fetch its files, build, post. It can be repeated safely at any point:
 * stored files are not fetched again, and Odoo posts each Message-Id once.
 *
 * Files of a mail that will be parked are fetched too, because Sweego may have deleted them before a human looks at it.
 * Files of a loop are not fetched.
 *
 * @throws BridgeError ODOO_*, INBOX_*, REPLY_INTERRUPTED: the entry has no result. With scope `entry`, the entry is at
 *   fault
 */
export async function deliverReply(deps: ReplyDeps, entry: Entry): Promise<EntryResult> {
  const mail = read(entry);
  if ('kind' in mail) return mail;
  const placed = await placeReply(deps, entry, mail);
  const { plan } = placed;
  if (plan.kind === 'ignore') {
    return { kind: 'settle', outcome: { outcome: 'ignored', reason: plan.reason } };
  }
  const refusal = refusedByCircuit(deps, entry, placed);
  if (refusal !== undefined) return refusal;
  const kept = await keepAttachments(deps, entry, mail.attachments);
  if (kept instanceof BridgeError) return { kind: 'failed', error: kept };
  if (plan.kind === 'park') return plan;
  if (plan.notes.length > 0) {
    deps.log.warn({ entry: entry.id, notes: plan.notes }, 'clues of a reply contradict each other');
  }
  const isByHand = targetOf(entry) !== undefined;
  const source = { ...mail, headers: placed.headers, date: mail.timestamp ?? entry.receivedAt, ...kept };
  return postReply(deps, entry, { source, plan, isByHand });
}

function read(entry: Entry): InboundMail | EntryResult {
  try {
    return parseInboundMail(entry.body);
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error;
    return parkedBy(error);
  }
}

/** At most twenty mails from one sender on one record in ten minutes. Mails that an operator replays are not counted. */
function refusedByCircuit(
  { circuits, log }: ReplyDeps,
  entry: Entry,
  { plan, clues, known }: PlacedReply,
): EntryResult | undefined {
  if (plan.kind !== 'post' || entry.isReplayed) return undefined;
  const aliases = known.recipients.filter(({ kind }) => kind === 'alias').map(({ address }) => address);
  const keys = plan.postings.map(({ document }) =>
    circuitKey(
      clues.sender,
      document === null ? [...new Set(aliases)].sort().join(' ') : `${document.model},${document.id}`,
    ),
  );
  const { isRefused, isFirst } = circuits.pass(entry.id, keys, entry.receivedAt);
  if (!isRefused) return undefined;
  if (isFirst) {
    log.error(
      { entry: entry.id, code: 'REPLY_CIRCUIT_OPEN' satisfies ErrorCode },
      'replies are parked: they look like a loop',
    );
  }
  const reason = 'the sender wrote more than 20 times to this record within 10 minutes';
  return { kind: 'park', code: 'REPLY_CIRCUIT_OPEN', reason, ...(isFirst ? {} : { isQuiet: true }) };
}

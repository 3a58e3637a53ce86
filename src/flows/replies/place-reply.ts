import { BridgeError } from '../../errors.ts';
import type { Entry } from '../../inbox/inbox.ts';
import type { RouteAnswer } from '../../odoo/reply-route.ts';
import { findServer } from '../../rules/find-server.ts';
import { judgeMail } from '../../rules/replies/automatic-reply.ts';
import type { MailJudgement } from '../../rules/replies/automatic-reply.ts';
import { planByHand, targetOf } from '../../rules/replies/reply-by-hand.ts';
import { messageIdsIn, readReplyClues, routeQuestion } from '../../rules/replies/reply-references.ts';
import type { ReplyClues } from '../../rules/replies/reply-references.ts';
import { planReply } from '../../rules/replies/reply-routing.ts';
import type { ReplyPlan } from '../../rules/replies/reply-routing.ts';
import { findReplyTokens, replyTokenKeys } from '../../rules/replies/reply-token.ts';
import type { HeaderMap } from '../../sweego/header-map.ts';
import { findInboundLog } from '../../sweego/inbound-log.ts';
import type { InboundLog } from '../../sweego/inbound-log.ts';
import type { InboundMail } from '../../sweego/inbound-mail.ts';
import { sweegoAccount } from './reply-deps.ts';
import type { ReplyDeps } from './reply-deps.ts';
import { requireNotStopping, logSweegoFault } from './sweego-faults.ts';

/** Where a mail belongs, and why. */
export type PlacedReply = {
  plan: ReplyPlan;
  clues: ReplyClues;
  known: RouteAnswer;
  /** With those of Sweego's log, if it was read. */
  headers: HeaderMap;
};

/** What Sweego's log added; `undefined` before it was read, `null` when it had nothing or could not be read. */
type LogAnswer = InboundLog | null | undefined;

/**
 * Finds out where a mail belongs. Sweego's log is read once, when the webhook does not show whether a machine wrote the
 * mail, or where the mail belongs: only the log has all headers and some of the recipients. Without the log, the webhook
 * alone decides.
 *
 * @throws BridgeError ODOO_*
 */
export async function placeReply(deps: ReplyDeps, entry: Entry, mail: InboundMail): Promise<PlacedReply> {
  const first = await look(deps, entry, mail, undefined);
  const placed = needsLog(first) ? await lookAgain(deps, entry, mail, first) : first;
  if (placed.refusedTokens > 0) {
    deps.log.warn({ entry: entry.id, tokens: placed.refusedTokens }, 'invalid inbound token signature');
  }
  return placed;
}

type Look = PlacedReply & { refusedTokens: number; judgement: MailJudgement };

function needsLog({ plan, judgement }: Look): boolean {
  return judgement.kind === 'unknown' || judgement.kind === 'loop' || plan.kind === 'park';
}

async function lookAgain(deps: ReplyDeps, entry: Entry, mail: InboundMail, first: Look): Promise<Look> {
  const log = await askLog(deps, entry, mail);
  return log === null ? judge(deps, entry, mail, first, null) : look(deps, entry, mail, log);
}

/** Collects the clues, asks Odoo about them, and judges the mail. */
async function look(deps: ReplyDeps, entry: Entry, mail: InboundMail, log: LogAnswer): Promise<Look> {
  const headers = completed(mail.headers, log?.headers);
  const shown = [...mail.to, ...mail.cc].map(({ address }) => address);
  const logged = (log?.recipients ?? []).map(({ address }) => address);
  const { targets, refused } = findReplyTokens([...shown, ...logged], tokenKeys(deps));
  const clues = readReplyClues({
    from: mail.from.address,
    to: mail.to.map(({ address }) => address),
    cc: mail.cc.map(({ address }) => address),
    logRecipients: logged,
    headers,
    tokens: targets,
  });
  const target = targetOf(entry);
  const question = routeQuestion(clues);
  const known = await deps.actions.route({
    ...question,
    messageIds: [...new Set([...question.messageIds, ...ownIds(headers)])],
    documents: target === undefined ? question.documents : [target],
  });
  return judge(deps, entry, mail, { clues, known, headers, refusedTokens: refused }, log);
}

/** @param log what Sweego's log returned; `null` if it had nothing or could not be read */
function judge(
  deps: ReplyDeps,
  entry: Entry,
  mail: InboundMail,
  found: Omit<Look, 'plan' | 'judgement'>,
  log: LogAnswer,
): Look {
  const { clues, known, headers } = found;
  const target = targetOf(entry);
  if (target !== undefined) {
    // Without In-Reply-To it is not known which message an employee answers; the log may have that header.
    const judgement = {
      kind: headers.has('in-reply-to') || log !== undefined ? 'genuine' : 'unknown',
    } as const;
    return { ...found, plan: planByHand(clues, known, target), judgement };
  }
  const own = ownIds(headers);
  const judgement = judgeMail({
    headers,
    from: mail.from.address,
    subject: mail.subject,
    isLogAsked: log !== undefined,
    hasAlias: known.recipients.some(({ kind }) => kind === 'alias'),
    hasToken: clues.tokens.length > 0,
    isOwnMessage: known.messages.some(({ message_id }) => own.includes(message_id)),
    clientUuid: sweegoAccount(deps).clientUuid,
  });
  // An operator who replays a parked mail has checked it.
  const counted: MailJudgement =
    entry.isReplayed && judgement.kind === 'suspect' ? { kind: 'genuine' } : judgement;
  const showsAutomatic = findServer(deps.settings.servers, entry.secretId)?.show_auto_replies ?? false;
  const plan = planReply(clues, withoutOwn(known, clues, own), { judgement: counted, showsAutomatic });
  return { ...found, plan, judgement: counted };
}

/** The ids by which a mail from this Odoo is recognised when it comes back. */
function ownIds(headers: HeaderMap): string[] {
  const names = ['x-odoo-message-id', 'x-message-id'];
  return messageIdsIn(names.flatMap((name) => headers.get(name) ?? [])).slice(0, 10);
}

/** Drops messages that only serve to recognise our own mails: they do not show where the mail belongs. */
function withoutOwn(known: RouteAnswer, clues: ReplyClues, own: readonly string[]): RouteAnswer {
  const answered = new Set([...clues.inReplyTo, ...clues.references]);
  const isUnrelated = (id: string) => own.includes(id) && !answered.has(id);
  const named = known.wire_ids.filter(({ wire_id }) => answered.has(wire_id));
  const translated = new Set(named.map(({ message_id }) => message_id));
  return {
    ...known,
    messages: known.messages.filter(
      ({ message_id }) => translated.has(message_id) || !isUnrelated(message_id),
    ),
  };
}

/** When both have a header, the one of the webhook counts. */
function completed(headers: HeaderMap, added: HeaderMap | undefined): HeaderMap {
  return new Map([...(added ?? []), ...headers]);
}

function tokenKeys({ settings, outboundSecrets }: ReplyDeps): Uint8Array[] {
  return replyTokenKeys([
    ...settings.servers.flatMap(({ outbound_secrets }) => outbound_secrets),
    ...outboundSecrets,
  ]);
}

/** `null` when the log has nothing or cannot be read: the mail does not wait for it. */
async function askLog(deps: ReplyDeps, entry: Entry, mail: InboundMail): Promise<InboundLog | null> {
  const { apiKey } = sweegoAccount(deps);
  if (apiKey === null) return null;
  try {
    const api = { url: deps.sweego.url, apiKey };
    return (await findInboundLog(deps.sweego, api, mail.swgUid, deps.signal)) ?? null;
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error;
    requireNotStopping(deps);
    logSweegoFault(deps, entry, error);
    return null;
  }
}

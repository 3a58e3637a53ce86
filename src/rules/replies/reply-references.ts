import { normalizeAddress } from '../../mail/email-address.ts';
import { normalizeMessageId } from '../../mail/message-id.ts';
import type { RouteQuestion } from '../../odoo/reply-route.ts';
import type { HeaderMap } from '../../sweego/header-map.ts';
import { isReplyAddress } from './reply-token.ts';
import type { ReplyTarget } from './reply-token.ts';

/** What a mail says about its place, before Odoo is asked. */
export type ReplyClues = {
  /** Normalised address of the sender. */
  sender: string;
  /** Normalised addresses of To, Cc and Sweego's log, without the bridge's reply addresses. */
  recipients: readonly string[];
  /** Those of `recipients` that are only in Sweego's log (Bcc, or an envelope recipient). */
  hiddenRecipients: readonly string[];
  /** The verified tokens, each document once. */
  tokens: readonly ReplyTarget[];
  /** With angle brackets, as written. */
  inReplyTo: readonly string[];
  /** Newest first. References lists ancestors oldest first (RFC 5322 section 3.6.4). */
  references: readonly string[];
};

/** Odoo itself reads 32 at most (mail.thread.message_route). */
const mostReferences = 32;
/** The limit of the action `route` for each list. */
const longestList = 200;

/** Reads the clues of a mail. Never throws. */
export function readReplyClues(mail: {
  from: string;
  to: readonly string[];
  cc: readonly string[];
  logRecipients: readonly string[];
  headers: HeaderMap;
  tokens: readonly ReplyTarget[];
}): ReplyClues {
  const shown = distinctAddresses([...mail.to, ...mail.cc]);
  const hidden = distinctAddresses(mail.logRecipients).filter((address) => !shown.includes(address));
  return {
    sender: normalizeAddress(mail.from) ?? mail.from.trim().toLowerCase(),
    recipients: [...shown, ...hidden],
    hiddenRecipients: hidden,
    tokens: mail.tokens,
    inReplyTo: messageIdsIn(mail.headers.get('in-reply-to') ?? []).slice(0, mostReferences),
    references: messageIdsIn(mail.headers.get('references') ?? [])
      .reverse()
      .slice(0, mostReferences),
  };
}

/** The question for the action `route`. */
export function routeQuestion(clues: ReplyClues): RouteQuestion {
  return {
    addresses: clues.recipients.slice(0, longestList),
    messageIds: [...new Set([...clues.inReplyTo, ...clues.references])],
    documents: clues.tokens.slice(0, longestList).map(({ model, modelId, id }) => ({
      // A token has either a model or a model id.
      model: model ?? modelId ?? '',
      id,
    })),
    senders: [clues.sender],
  };
}

/** The Message-Ids in header texts, in order, each once. Angle brackets may be missing. */
export function messageIdsIn(texts: readonly string[]): string[] {
  const ids = texts.flatMap((text) => {
    const bracketed = text.match(/<[^<>]+>/g) ?? text.split(/\s+/);
    return bracketed.flatMap((id) => normalizeMessageId(id) ?? []);
  });
  return [...new Set(ids)];
}

function distinctAddresses(addresses: readonly string[]): string[] {
  const normal = addresses
    .filter((address) => !isReplyAddress(address))
    .flatMap((address) => normalizeAddress(address) ?? []);
  return [...new Set(normal)];
}

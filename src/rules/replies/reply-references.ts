import { normalizeAddress } from '../../mail/email-address.ts';
import { normalizeMessageId } from '../../mail/message-id.ts';
import type { RouteQuestion } from '../../odoo/reply-route.ts';
import type { HeaderMap } from '../../sweego/header-map.ts';
import { isReplyAddress } from './reply-token.ts';
import type { ReplyTarget } from './reply-token.ts';

/** What a mail says about where it belongs, before Odoo is asked. */
export type ReplyClues = {
  /** Normalised address of the sender. */
  sender: string;
  /** Normalised addresses of To, Cc and Sweego's log, without those that are ours for replies. */
  recipients: readonly string[];
  /** Those among them that only Sweego's log knows (Bcc, or an envelope recipient). */
  hiddenRecipients: readonly string[];
  /** Verified, each document once. */
  tokens: readonly ReplyTarget[];
  /** With angle brackets, as written. */
  inReplyTo: readonly string[];
  /** The newest first: References lists ancestors in order (RFC 5322 section 3.6.4). */
  references: readonly string[];
};

/** Odoo itself looks at no more than 32 (mail.thread.message_route). */
const mostReferences = 32;
/** What the action `route` takes of each list. */
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

/** What to ask Odoo's action `route` about. */
export function routeQuestion(clues: ReplyClues): RouteQuestion {
  return {
    addresses: clues.recipients.slice(0, longestList),
    messageIds: [...new Set([...clues.inReplyTo, ...clues.references])],
    documents: clues.tokens.slice(0, longestList).map(({ model, modelId, id }) => ({
      // One of the two is there.
      model: model ?? modelId ?? '',
      id,
    })),
    senders: [clues.sender],
  };
}

/** The Message-Ids in header texts, in order, each once. A lone id may lack its angle brackets. */
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

import { createHmac, timingSafeEqual } from 'node:crypto';

/** The document a Reply-To token names. */
export type ReplyTarget = {
  /** Odoo's model name, or `null` with `modelId` in the short form. */
  model: string | null;
  /** ir.model id (short form). */
  modelId: number | null;
  id: number;
};

/** What existing installations sign with while they have no secret: everybody knows it. */
const constantKey = Buffer.from('sweego');

/** `%2B` and a space stand where mail programs and forms have rewritten the plus. */
const tokens = /(?<![\w.%+-])reply(?:\+|%2b| )((?:[0-9a-f]{2}){1,200})\.([0-9a-f]{8})(?=@|%40|"|$)/gi;

/**
 * The keys that verify tokens of these secrets: for each the base64 text as bytes, which is what signs, and
 * the decoded key. Never an empty key, nor the constant that existing installations fall back to.
 *
 * @param secrets outbound secrets as typed by the administrator, old ones included
 */
export function replyTokenKeys(secrets: readonly string[]): Uint8Array[] {
  return secrets
    .map((secret) => secret.trim())
    .flatMap((secret) => [Buffer.from(secret, 'utf8'), Buffer.from(secret, 'base64')])
    .filter((key) => key.length > 0 && !key.equals(constantKey));
}

/**
 * Verifies the signed Reply-To addresses `reply+{hex payload}.{8 hex digits}@…` among a mail's addresses. The
 * payload is `{id}-{model}`, or `{id}-#{ir.model id}` where the other would pass 64 octets (RFC 5321 section
 * 4.5.3.1.1). The signature is the start of the HMAC-SHA256 of the payload. Case is ignored, since mail
 * servers rewrite it.
 *
 * @param addresses as written: bare, bracketed or with a display name
 * @param keys of `replyTokenKeys`; empty ones never verify
 * @returns each document once, in the order of the addresses, and how many tokens no key verified
 */
export function findReplyTokens(
  addresses: readonly string[],
  keys: readonly Uint8Array[],
): { targets: ReplyTarget[]; refused: number } {
  const targets = new Map<string, ReplyTarget>();
  const refused = new Set<string>();
  for (const address of addresses) {
    for (const [, hex, signature] of address.matchAll(tokens)) {
      const payload = Buffer.from(hex ?? '', 'hex');
      const target = isSigned(payload, signature ?? '', keys) ? parsePayload(payload) : undefined;
      if (target === undefined) refused.add(`${hex}.${signature}`.toLowerCase());
      else targets.set(payload.toString('utf8'), target);
    }
  }
  return { targets: [...targets.values()], refused: refused.size };
}

/** Whether an address is one of ours for replies, whatever its token is worth. Odoo is never told of it. */
export function isReplyAddress(address: string): boolean {
  return /(?<![\w.%+-])reply(?:\+|%2b| )[^@\s]*(?:@|%40)/i.test(address);
}

function isSigned(payload: Uint8Array, signature: string, keys: readonly Uint8Array[]): boolean {
  const claimed = Buffer.from(signature, 'hex');
  return keys.some(
    (key) =>
      key.length > 0 &&
      timingSafeEqual(createHmac('sha256', key).update(payload).digest().subarray(0, 4), claimed),
  );
}

function parsePayload(payload: Uint8Array): ReplyTarget | undefined {
  const match = /^([1-9]\d*)-(?:#([1-9]\d*)|([a-z][a-z0-9_.]*))$/.exec(
    Buffer.from(payload).toString('latin1'),
  );
  const [, id, modelId, model] = match ?? [];
  if (id === undefined || ![id, modelId ?? '1'].every((text) => Number(text) <= largestId)) return undefined;
  return { id: Number(id), modelId: modelId === undefined ? null : Number(modelId), model: model ?? null };
}

/** Odoo's ids are PostgreSQL integers. */
const largestId = 2 ** 31 - 1;

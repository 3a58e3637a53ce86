import { createHmac, timingSafeEqual } from 'node:crypto';

/** The document a Reply-To token names. */
export type ReplyTarget = {
  /** Odoo's model name; `null` in the short form, which has `modelId`. */
  model: string | null;
  /** ir.model id (short form). */
  modelId: number | null;
  id: number;
};

/** Existing installations without a secret sign with this key, which everybody knows. */
const constantKey = Buffer.from('sweego');

/** Mail programs and forms may have changed the plus to `%2B` or a space. */
const tokens = /(?<![\w.%+-])reply(?:\+|%2b| )((?:[0-9a-f]{2}){1,200})\.([0-9a-f]{8})(?=@|%40|"|$)/gi;

/**
 * The keys that verify tokens of these secrets. A secret gives two keys: the bytes of its base64 text, which sign today,
 * and the decoded key. An empty key and the well-known key of existing installations are left out.
 *
 * @param secrets outbound secrets as the administrator typed them, with the old ones
 */
export function replyTokenKeys(secrets: readonly string[]): Uint8Array[] {
  return secrets
    .map((secret) => secret.trim())
    .flatMap((secret) => [Buffer.from(secret, 'utf8'), Buffer.from(secret, 'base64')])
    .filter((key) => key.length > 0 && !key.equals(constantKey));
}

/**
 * Verifies the signed Reply-To addresses `reply+{hex payload}.{8 hex digits}@…` among a mail's addresses. The payload is
 * `{id}-{model}`, or `{id}-#{ir.model id}` when the first form would be longer than 64 octets (RFC 5321 section
 * 4.5.3.1.1). The signature is the beginning of the HMAC-SHA256 of the payload. Case is ignored, because mail servers
 * change it.
 *
 * @param addresses as written: bare, in brackets or with a display name
 * @param keys of `replyTokenKeys`; an empty key never verifies
 * @returns each document once, in the order of the addresses, and the number of tokens that no key verified
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

/** Whether an address is a reply address of the bridge, with a valid token or not. Odoo never gets such an address. */
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

import { createHmac, timingSafeEqual } from 'node:crypto';

/** The document a Reply-To token names. */
export type ReplyTarget = {
  /** Odoo's model name, or `null` with `modelId` in the short form. */
  model: string | null;
  /** ir.model id (short form). */
  modelId: number | null;
  id: number;
};

/**
 * Verifies the local part of a signed Reply-To address, `reply+{hex payload}.{8 hex digits}`, against keys.
 * The payload is `{id}-{model}`, or `{id}-#{ir.model id}` where the other would pass 64 octets (RFC 5321
 * section 4.5.3.1.1). The signature is the start of the HMAC-SHA256 of the payload. Case is ignored, since
 * mail servers rewrite it.
 *
 * @param localPart what stands before the @
 * @param keys key bytes; empty ones never verify
 * @returns undefined when it is no token or no key verifies it
 */
export function verifyReplyToken(localPart: string, keys: readonly Uint8Array[]): ReplyTarget | undefined {
  const match = /^reply\+((?:[0-9a-f]{2})+)\.([0-9a-f]{8})$/.exec(localPart.toLowerCase());
  const [, hex, signature] = match ?? [];
  if (hex === undefined || signature === undefined) return undefined;
  const payload = Buffer.from(hex, 'hex');
  const isVerified = keys.some((key) => key.length > 0 && hasSignature(payload, signature, key));
  return isVerified ? parsePayload(payload.toString('utf8')) : undefined;
}

function hasSignature(payload: Uint8Array, signature: string, key: Uint8Array): boolean {
  const expected = createHmac('sha256', key).update(payload).digest('hex').slice(0, 8);
  return timingSafeEqual(Buffer.from(expected), Buffer.from(signature));
}

function parsePayload(payload: string): ReplyTarget | undefined {
  const match = /^([1-9]\d*)-(?:#([1-9]\d*)|([a-z][a-z0-9_.]*))$/.exec(payload);
  const [, id, modelId, model] = match ?? [];
  if (id === undefined) return undefined;
  return { id: Number(id), modelId: modelId === undefined ? null : Number(modelId), model: model ?? null };
}

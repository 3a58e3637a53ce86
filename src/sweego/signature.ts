import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { bridgeError } from '../errors.ts';

/** A key that signs webhooks. Its id may be shown and stored; the key may not. */
export type SigningSecret = {
  /** For example `server:3:outbound` or `environment:1`. */
  id: string;
  /** A KeyObject, because Node would prepare bytes again for every webhook, and a log would show them. */
  key: KeyObject;
};

/** The three headers of a signed request. They are well-formed, but the signature is not verified yet. */
export type SignatureHeaders = {
  /** `webhook-id`: opaque, 1 to 128 visible ASCII characters. */
  webhookId: string;
  /** `webhook-timestamp` as written, in Unix seconds. The signature covers this text. */
  timestamp: string;
  /** `webhook-signature` as written: one signature, or several with spaces between them. */
  signature: string;
};

/** How far a timestamp may be ahead of this computer's clock, seconds. */
const futureToleranceSeconds = 300;

const base64Text = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const sha256Base64 = /^[A-Za-z0-9+/]{43}=$/;

/**
 * Turns the base64 text that Sweego shows into the signing key.
 *
 * The key is the decoded text. Node decodes any text without an error, so the characters are checked here. Otherwise a
 * secret with a typing error would refuse every webhook, and nobody would know why.
 *
 * @throws BridgeError SIGNATURE_SECRET_INVALID
 * @see https://learn.sweego.io/docs/webhooks/webhook_signature
 */
export function parseSigningSecret(id: string, text: string): SigningSecret {
  const trimmed = text.trim();
  const fault = faultOf(trimmed);
  if (fault !== undefined) {
    throw bridgeError('SIGNATURE_SECRET_INVALID', `The webhook secret ${id} ${fault}`, { details: { id } });
  }
  return { id, key: createSecretKey(trimmed, 'base64') };
}

function faultOf(text: string): string | undefined {
  if (text === '') return 'is empty';
  if (text.startsWith('whsec_')) return 'starts with "whsec_", which secrets of Sweego do not have';
  if (!base64Text.test(text)) return 'is not base64 text (A-Z, a-z, 0-9, +, /, filled up with =)';
  return undefined;
}

/** The three headers, or undefined when one is missing or malformed. */
export function readSignatureHeaders(
  header: (name: string) => string | undefined,
): SignatureHeaders | undefined {
  const webhookId = header('webhook-id');
  const timestamp = header('webhook-timestamp');
  const signature = header('webhook-signature');
  if (webhookId === undefined || timestamp === undefined || signature === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,128}$/.test(webhookId)) return undefined;
  if (!/^\d{1,12}$/.test(timestamp)) return undefined;
  return { webhookId, timestamp, signature };
}

/**
 * The secret that signed exactly these bytes, or undefined. Never throws.
 *
 * The signature is the HMAC-SHA256 of `{webhook-id}.{webhook-timestamp}.{raw body}`, so `body` must be the bytes as
 * received. Sweego sends it as plain base64. The `v1,` entries of Standard Webhooks, alone or in a list, hold the same
 * signature and are accepted; other versions are not.
 *
 * The comparison takes constant time. Lengths are compared first, because `timingSafeEqual` throws on different lengths.
 * The search ends at the first match: its time shows which secret matched only to a caller who can sign.
 *
 * @see https://learn.sweego.io/docs/webhooks/webhook_signature
 */
export function findSigner(
  headers: SignatureHeaders,
  body: Uint8Array,
  secrets: readonly SigningSecret[],
): SigningSecret | undefined {
  const candidates = candidatesIn(headers.signature);
  if (candidates.length === 0) return undefined;
  return secrets.find((secret) => {
    const expected = createHmac('sha256', secret.key)
      .update(`${headers.webhookId}.${headers.timestamp}.`)
      .update(body)
      .digest();
    return candidates.some(
      (candidate) => candidate.length === expected.length && timingSafeEqual(candidate, expected),
    );
  });
}

function candidatesIn(signature: string): Buffer[] {
  return signature
    .split(/\s+/)
    .map((entry) => (entry.startsWith('v1,') ? entry.slice(3) : entry))
    .filter((entry) => sha256Base64.test(entry))
    .map((entry) => Buffer.from(entry, 'base64'));
}

/**
 * Whether a request signed at `timestamp` is accepted at `now`. It may be up to `toleranceSeconds` old and up to 300
 * seconds ahead; both limits are included.
 *
 * The inbox recognises repeated requests. This check only limits how long it must remember them.
 */
export function isInsideWindow(timestamp: string, now: Date, toleranceSeconds: number): boolean {
  const ageSeconds = Math.floor(now.getTime() / 1000) - Number(timestamp);
  return ageSeconds <= toleranceSeconds && ageSeconds >= -futureToleranceSeconds;
}

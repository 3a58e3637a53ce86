import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { bridgeError } from '../errors.ts';

/** A key that signs webhooks, and the name by which it may be shown and stored (never the key itself). */
export type SigningSecret = {
  /** For example `server:3:outbound` or `environment:1`. */
  id: string;
  /** Not bytes: Node would prepare them anew for every webhook, and a log would show them. */
  key: KeyObject;
};

/** The three headers of a signed request, well formed; nothing is said yet about who sent it. */
export type SignatureHeaders = {
  /** `webhook-id`: opaque, 1 to 128 visible ASCII characters. */
  webhookId: string;
  /** `webhook-timestamp` as written: Unix seconds. It is signed as text. */
  timestamp: string;
  /** `webhook-signature` as written: one signature, or several separated by spaces. */
  signature: string;
};

/** How far ahead of our clock a timestamp may lie, seconds. */
export const futureToleranceSeconds = 300;

/** Bytes of a key as Sweego issues them: 64 base64 characters. Others work, and are worth a warning. */
export const issuedKeyBytes = 48;

const base64Text = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const sha256Base64 = /^[A-Za-z0-9+/]{43}=$/;

/**
 * Turns the base64 text that Sweego shows into the key that signs.
 *
 * The key is the decoded text. Node decodes anything without complaint, so the characters are checked here:
 * a secret pasted with something else would refuse every webhook and nobody would know why.
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

/** The three headers, or undefined when one is missing or cannot be what it claims to be. */
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
 * The secret that signed exactly these bytes, or undefined. Never throws, whatever the signature looks like.
 *
 * Signed is `{webhook-id}.{webhook-timestamp}.{raw body}` with HMAC-SHA256: `body` must be the bytes as
 * received. Sweego sends the signature as bare base64; the `v1,` entries of Standard Webhooks, alone or in a
 * list, are the same signature and are accepted, other versions are not. Comparison takes constant time, and
 * lengths are compared first because `timingSafeEqual` throws on different ones. The first secret that matches
 * ends the search: only one who can sign learns from the time which it was.
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
 * Whether a request signed at `timestamp` may still be taken at `now`, both limits included: up to
 * `toleranceSeconds` old, up to 300 seconds ahead.
 *
 * Replay is stopped by durable de-duplication; this only bounds how long its memory must reach.
 */
export function isInsideWindow(timestamp: string, now: Date, toleranceSeconds: number): boolean {
  const ageSeconds = Math.floor(now.getTime() / 1000) - Number(timestamp);
  return ageSeconds <= toleranceSeconds && ageSeconds >= -futureToleranceSeconds;
}

import { webcrypto } from 'node:crypto';

/**
 * Signs a webhook as Sweego documents it, with WebCrypto: an implementation of its own, so that a fault in
 * the verifier cannot hide in the fixtures.
 */
export async function signWebhook(options: {
  secret: string;
  webhookId: string;
  timestamp: string;
  body: Uint8Array;
}): Promise<string> {
  const key = await webcrypto.subtle.importKey(
    'raw',
    Buffer.from(options.secret, 'base64'),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  );
  const head = new TextEncoder().encode(`${options.webhookId}.${options.timestamp}.`);
  const signed = new Uint8Array(head.length + options.body.length);
  signed.set(head);
  signed.set(options.body, head.length);
  return Buffer.from(await webcrypto.subtle.sign('HMAC', key, signed)).toString('base64');
}

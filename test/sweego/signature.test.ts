import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BridgeError } from '../../src/errors.ts';
import {
  findSigner,
  isInsideWindow,
  parseSigningSecret,
  readSignatureHeaders,
} from '../../src/sweego/signature.ts';
import { nonAscii, shortKey, symfonyDelivered, symfonyMistakes } from '../fixtures/signed-requests.ts';
import type { SignedRequest } from '../fixtures/signed-requests.ts';
import { anyCharacter } from '../support/any-character.ts';
import { signWebhook } from '../support/mails/sign-webhook.ts';

function signerOf(request: SignedRequest, changes: { signature?: string; body?: Uint8Array } = {}) {
  return findSigner(
    {
      webhookId: request.webhookId,
      timestamp: request.timestamp,
      signature: changes.signature ?? request.signature,
    },
    changes.body ?? Buffer.from(request.body),
    [parseSigningSecret('the-secret', request.secret)],
  )?.id;
}

describe('published vectors', () => {
  it.each([symfonyDelivered, shortKey, nonAscii])('$source', (request) => {
    expect(signerOf(request)).toBe('the-secret');
  });

  it('the Symfony fixture is byte for byte the published one', () => {
    const sha256 = createHash('sha256').update(symfonyDelivered.body).digest('hex');
    expect(sha256).toBe('7143457147091f57355e7c0438974a728e117d621e3a3efc1c5a26f374f2aa28');
  });

  it.each(symfonyMistakes)('refuses a signature made with $mistake', ({ signature }) => {
    expect(signerOf(symfonyDelivered, { signature })).toBeUndefined();
  });

  it('refuses the same request without its final line feed, or serialised again', () => {
    const shorter = Buffer.from(symfonyDelivered.body.trimEnd());
    const compact = Buffer.from(JSON.stringify(JSON.parse(symfonyDelivered.body)));
    expect(signerOf(symfonyDelivered, { body: shorter })).toBeUndefined();
    expect(signerOf(symfonyDelivered, { body: compact })).toBeUndefined();
  });

  it('the signer of the other tests gives the same signatures', async () => {
    for (const request of [symfonyDelivered, shortKey, nonAscii]) {
      const body = Buffer.from(request.body);
      expect(await signWebhook({ ...request, body })).toBe(request.signature);
    }
  });
});

describe('the signature header', () => {
  const good = nonAscii.signature;
  const bad = symfonyDelivered.signature;

  it.each([
    ['in plain base64, as Sweego writes it', good],
    ['as Standard Webhooks writes it', `v1,${good}`],
    ['in a list with a wrong one before it', `v1,${bad} v1,${good}`],
    ['in a list with another version', `v2,${bad} v1,${good}`],
  ])('accepts a signature %s', (_, signature) => {
    expect(signerOf(nonAscii, { signature })).toBe('the-secret');
  });

  it.each([
    ['empty', ''],
    ['of three characters', 'abc'],
    ['not base64', '!'.repeat(44)],
    ['base64 in the URL alphabet', good.replaceAll('/', '_').replaceAll('+', '-')],
    ['without its padding', good.slice(0, -1)],
    ['of another version only', `v2,${good}`],
    ['in hex', Buffer.from(good, 'base64').toString('hex')],
    ['longer', `${good}${good}`],
    ['of another request', bad],
  ])('refuses a signature %s', (_, signature) => {
    expect(signerOf(nonAscii, { signature })).toBeUndefined();
  });

  it('never causes an error', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), (signature) => {
        expect(signerOf(nonAscii, { signature })).toBeUndefined();
      }),
    );
  });
});

describe('several secrets', () => {
  const current = parseSigningSecret('server:3:outbound', nonAscii.secret);
  const previous = parseSigningSecret('server:3:outbound:previous', symfonyDelivered.secret);

  it('give the id of the one that signed; a removed one is refused', () => {
    const signed = [nonAscii, symfonyDelivered].map((request) => ({
      headers: request,
      body: Buffer.from(request.body),
    }));
    const signers = (secrets: (typeof current)[]) =>
      signed.map(({ headers, body }) => findSigner(headers, body, secrets)?.id);
    expect(signers([current, previous])).toEqual(['server:3:outbound', 'server:3:outbound:previous']);
    expect(signers([current])).toEqual(['server:3:outbound', undefined]);
    expect(signers([])).toEqual([undefined, undefined]);
  });
});

describe('a secret', () => {
  it('is decoded, without the white space around it', () => {
    expect(parseSigningSecret('environment:1', ` ${nonAscii.secret}\n`).key.export()).toEqual(
      Buffer.from('0123456789abcdef0123456789abcdef0123456789abcdef'),
    );
    expect(parseSigningSecret('environment:1', nonAscii.secret).key.symmetricKeySize).toBe(48);
  });

  it.each([
    ['', 'is empty'],
    ['  ', 'is empty'],
    ['whsec_c2VjcmV0LWtleQ==', 'starts with "whsec_"'],
    ['not base64!', 'is not base64 text'],
    ['c2VjcmV0LWtleQ', 'is not base64 text'],
    ['c2Vj-mV0LWtleQ==', 'is not base64 text'],
  ])('%j is refused with the reason, and is not shown', (text, reason) => {
    const error = refusalOf(() => parseSigningSecret('server:3:outbound', text));
    expect(error.code).toBe('SIGNATURE_SECRET_INVALID');
    expect(error.message).toContain(`server:3:outbound ${reason}`);
    expect(error.message).toContain('Copy the secret of the webhook from Sweego unchanged.');
    if (text.trim() !== '') expect(error.message).not.toContain(text);
  });
});

describe('the three headers', () => {
  const headers: Record<string, string> = {
    'webhook-id': nonAscii.webhookId,
    'webhook-timestamp': nonAscii.timestamp,
    'webhook-signature': nonAscii.signature,
  };
  const read = (changes: Record<string, string | undefined>) =>
    readSignatureHeaders((name) => ({ ...headers, ...changes })[name]);

  it('are returned as written', () => {
    expect(read({})).toEqual({
      webhookId: nonAscii.webhookId,
      timestamp: nonAscii.timestamp,
      signature: nonAscii.signature,
    });
    expect(read({ 'webhook-id': 'x'.repeat(128) })?.webhookId).toHaveLength(128);
  });

  it.each([
    ['webhook-id', undefined],
    ['webhook-timestamp', undefined],
    ['webhook-signature', undefined],
    ['webhook-id', ''],
    ['webhook-id', 'x'.repeat(129)],
    ['webhook-id', 'with space'],
    ['webhook-timestamp', 'yesterday'],
    ['webhook-timestamp', '-5'],
    ['webhook-timestamp', '1769696506.5'],
    ['webhook-timestamp', '1'.repeat(13)],
  ])('are refused with %s = %j', (name, value) => {
    expect(read({ [name]: value })).toBeUndefined();
  });
});

describe('the window', () => {
  const now = new Date('2026-01-29T12:00:00.900Z');
  const seconds = Math.floor(now.getTime() / 1000);

  it.each([
    [0, true],
    [172_800, true],
    [172_801, false],
    [-300, true],
    [-301, false],
  ])('a timestamp %d seconds old is accepted: %s', (age, taken) => {
    expect(isInsideWindow(String(seconds - age), now, 172_800)).toBe(taken);
  });

  it('of five minutes refuses a request six minutes old', () => {
    expect(isInsideWindow(String(seconds - 360), now, 300)).toBe(false);
  });
});

function refusalOf(action: () => unknown): BridgeError {
  try {
    action();
  } catch (error) {
    if (error instanceof BridgeError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

import { describe, expect, it } from 'vitest';
import { findReplyTokens, isReplyAddress, replyTokenKeys } from '../../../src/rules/replies/reply-token.ts';

/** Made with `printf 23-sale.order | openssl dgst -sha256 -hmac c2VjcmV0LWtleQ==`. The key is text. */
const secret = 'c2VjcmV0LWtleQ==';
const keys = replyTokenKeys([secret]);
const local = 'reply+32332d73616c652e6f72646572.01ef5c88';
const order = { id: 23, model: 'sale.order', modelId: null };

/** Made in the same way, for other payloads and with other keys (the empty one with Python's hmac). */
const leadLocal = 'reply+392d63726d2e6c656164.3a9a838c';
const signatureOfShort = '4d649974';
const signatureOfZero = '8c292938';
const signatureByDecodedKey = '5d55d8f9';
const signatureByConstant = 'cb8e0be9';
const signatureByEmptyKey = 'a736c543';

describe('a reply token', () => {
  it.each([
    ['bare', `${local}@reply.example.org`],
    ['upper-cased', `${local}@reply.example.org`.toUpperCase()],
    ['with mixed case', `Reply+32332D73616c652E6f72646572.01eF5C88@Reply.Example.org`],
    ['with a display name', `"Order S00023" <${local}@reply.example.org>`],
    ['in brackets', `<${local}@reply.example.org>`],
    ['in quotes', `"${local}"@reply.example.org`],
    ['with %2B for the plus', `${local.replace('+', '%2B')}@reply.example.org`],
    ['with %2b and %40', `${local.replace('+', '%2b')}%40reply.example.org`],
    ['with a space for the plus', `${local.replace('+', ' ')}@reply.example.org`],
    ['as a local part alone', local],
  ])('%s names its signed document', (_how, address) => {
    expect(findReplyTokens([address], keys)).toEqual({ targets: [order], refused: 0 });
    expect(isReplyAddress(`${address}@reply.example.org`)).toBe(true);
  });

  it('is found in the second address, and tokens of two documents are both found, each once', () => {
    const found = findReplyTokens(
      [
        'sales@example.org',
        `${local}@a.example.org`,
        `${leadLocal}@b.example.org`,
        `${local}@b.example.org`.toUpperCase(),
      ],
      keys,
    );
    expect(found).toEqual({
      targets: [order, { id: 9, model: 'crm.lead', modelId: null }],
      refused: 0,
    });
  });

  it('names the model by its ir.model id when the name is too long', () => {
    const short = `reply+${Buffer.from('10000-#412').toString('hex')}.${signatureOfShort}`;
    expect(Buffer.byteLength(short)).toBeLessThanOrEqual(64);
    expect(findReplyTokens([`${short}@a.example.org`], keys).targets).toEqual([
      { id: 10000, model: null, modelId: 412 },
    ]);
  });

  it('is verified with the decoded key, and with every secret, even an old one', () => {
    const decoded = `reply+32332d73616c652e6f72646572.${signatureByDecodedKey}@a.example.org`;
    expect(findReplyTokens([decoded], keys).targets).toEqual([order]);
    const rotated = replyTokenKeys(['bmV3LXNlY3JldA==', ` ${secret}\n`]);
    expect(findReplyTokens([`${local}@a.example.org`], rotated).targets).toEqual([order]);
    expect(findReplyTokens([`${local}@a.example.org`], replyTokenKeys(['bmV3LXNlY3JldA=='])).targets).toEqual(
      [],
    );
  });

  it.each([
    ['another document', `reply+${Buffer.from('24-sale.order').toString('hex')}.01ef5c88`],
    ['another signature', local.replace('01ef5c88', '01ef5c89')],
    ['the empty key', `reply+32332d73616c652e6f72646572.${signatureByEmptyKey}`],
    ['the constant key', `reply+32332d73616c652e6f72646572.${signatureByConstant}`],
    [
      'a payload that names no document',
      `reply+${Buffer.from('0-sale.order').toString('hex')}.${signatureOfZero}`,
    ],
  ])('is refused and counted with %s', (_what, text) => {
    const weak = [...replyTokenKeys([secret, '', '  ', 'sweego', 'c3dlZWdv', '=']), new Uint8Array()];
    expect(findReplyTokens([`${text}@a.example.org`, `${text}@b.example.org`], weak)).toEqual({
      targets: [],
      refused: 1,
    });
  });

  it.each([
    'sales@example.org',
    'reply@example.org',
    'noreply+32.01ef5c88@a.b',
    'reply+32332d@a.example.org',
    '',
  ])('is not in %j', (address) =>
    expect(findReplyTokens([address], keys)).toEqual({ targets: [], refused: 0 }),
  );

  it('makes an address a reply address even when it is damaged, and other addresses are none', () => {
    expect(isReplyAddress('reply+damaged@reply.example.org')).toBe(true);
    expect(isReplyAddress('REPLY%2Bdamaged@reply.example.org')).toBe(true);
    for (const address of ['reply@example.org', 'no-reply+a@example.org', 'ann@example.com']) {
      expect(isReplyAddress(address)).toBe(false);
    }
  });
});

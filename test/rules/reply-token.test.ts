import { describe, expect, it } from 'vitest';
import { verifyReplyToken } from '../../src/rules/reply-token.ts';

/** Made with `printf 23-sale.order | openssl dgst -sha256 -hmac c2VjcmV0LWtleQ==`. */
const key = Buffer.from('c2VjcmV0LWtleQ==');
const signature = '01ef5c88';
const local = 'reply+32332d73616c652e6f72646572.TOKEN';

describe('a reply token', () => {
  it('names the document it was signed for, in whatever case it comes back', () => {
    const signed = local.replace('TOKEN', signature);
    const target = { id: 23, model: 'sale.order', modelId: null };
    expect(verifyReplyToken(signed, [key])).toEqual(target);
    expect(verifyReplyToken(signed.toUpperCase(), [Buffer.from('other'), key])).toEqual(target);
  });

  it('is refused with another key, an empty key, another payload or no signature', () => {
    expect(verifyReplyToken(local.replace('TOKEN', signature), [Buffer.from('other')])).toBeUndefined();
    expect(verifyReplyToken(local.replace('TOKEN', signature), [Buffer.alloc(0)])).toBeUndefined();
    const otherDocument = `reply+${Buffer.from('24-sale.order').toString('hex')}.${signature}`;
    expect(verifyReplyToken(otherDocument, [key])).toBeUndefined();
    expect(verifyReplyToken('reply+32332d73616c652e6f72646572', [key])).toBeUndefined();
    expect(verifyReplyToken('sales', [key])).toBeUndefined();
  });
});

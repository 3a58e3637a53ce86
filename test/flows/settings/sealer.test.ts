import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSealer } from '../../../src/flows/settings/sealer.ts';

const credential = 'an-api-key-of-odoo';
const sealer = (changes: Partial<Parameters<typeof createSealer>[0]> = {}) =>
  createSealer({ credential, database: 'production', randomBytes, ...changes });
const plain = Buffer.from('{"outbound_secrets":["the secret"]}');

describe('sealed bytes', () => {
  it('can be read by another process with the same credential, and do not show their content', async () => {
    const sealed = await sealer().seal(plain);
    expect(Buffer.from(sealed).toString('latin1')).not.toContain('secret');
    expect(await sealer().unseal(sealed)).toEqual(plain);
  });

  it.each([
    ['another credential', { credential: 'another-api-key' }],
    ['another database', { database: 'staging' }],
  ])('cannot be read with %s', async (_, changes) => {
    expect(await sealer(changes).unseal(await sealer().seal(plain))).toBeUndefined();
  });

  it('cannot be read when any byte was changed or a part is missing', async () => {
    const own = sealer();
    const sealed = await own.seal(plain);
    // Not the bytes of the salt: each change of them costs the derivation of a key.
    const positions = [0, 1, ...Array.from({ length: sealed.byteLength - 17 }, (_, index) => index + 17)];
    for (const position of positions) {
      const damaged = Uint8Array.from(sealed);
      damaged[position] = (damaged[position] ?? 0) ^ 1;
      expect(await own.unseal(damaged), `byte ${position}`).toBeUndefined();
    }
    for (const length of [0, 1, 44, 45, sealed.byteLength - 1]) {
      expect(await own.unseal(sealed.subarray(0, length)), `${length} bytes`).toBeUndefined();
    }
  });

  it('differ each time, and the key is derived once even when another process sealed before', async () => {
    const counts: number[] = [];
    const counted = (count: number) => {
      counts.push(count);
      return randomBytes(count);
    };
    const second = sealer({ randomBytes: counted });
    await second.unseal(await sealer().seal(plain));
    const sealed = await Promise.all([second.seal(plain), second.seal(plain)]);
    expect(sealed[0]).not.toEqual(sealed[1]);
    // Two nonces and no salt: a new salt would need a new key.
    expect(counts).toEqual([12, 12]);
    expect(await second.unseal(sealed[1])).toEqual(plain);
  });
});

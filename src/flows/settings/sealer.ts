import { createCipheriv, createDecipheriv, scrypt } from 'node:crypto';

/** The first byte; it identifies the format and is authenticated too. */
const formatVersion = 1;
const saltBytes = 16;
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = 1 + saltBytes + nonceBytes + tagBytes;
/** About 0.1 s and 32 MiB, once per process. The credential may be a password, weaker than a key of 160 bits. */
const scryptCost = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };

export type Sealer = {
  seal(plain: Uint8Array): Promise<Uint8Array>;
  /** Undefined when the bytes were sealed with another credential or for another database, or are damaged. */
  unseal(sealed: Uint8Array): Promise<Uint8Array | undefined>;
};

type SealerDeps = {
  /** The key is derived from it. Every process that unseals must have the same one. */
  credential: string;
  /** Name of the Odoo database that the content belongs to. */
  database: string;
  /** Cryptographically strong; receives the number of bytes. */
  randomBytes: (count: number) => Uint8Array;
};

/**
 * Seals a few bytes: only a holder of the credential can read or change them, and they are valid for one database only.
 * AES-256-GCM (NIST SP 800-38D), with a key that scrypt (RFC 7914) derives from the credential.
 *
 * The salt is stored with the bytes. A process that unsealed bytes seals with the same salt, so each process derives
 * the key only once, even when several processes share the bytes. The nonce is new each time.
 */
export function createSealer({ credential, database, randomBytes }: SealerDeps): Sealer {
  let derived: { salt: Uint8Array; key: Promise<Buffer> } | undefined;

  function keyFor(salt: Uint8Array): Promise<Buffer> {
    if (derived === undefined || Buffer.compare(derived.salt, salt) !== 0) {
      derived = { salt, key: deriveKey(credential, salt) };
    }
    return derived.key;
  }

  return {
    async seal(plain) {
      const salt = derived?.salt ?? randomBytes(saltBytes);
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', await keyFor(salt), nonce);
      cipher.setAAD(boundTo(database));
      const content = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([Uint8Array.of(formatVersion), salt, nonce, cipher.getAuthTag(), content]);
    },
    async unseal(sealed) {
      if (sealed.byteLength < headBytes || sealed[0] !== formatVersion) return undefined;
      const bytes = Buffer.from(sealed);
      const salt = bytes.subarray(1, 1 + saltBytes);
      const nonce = bytes.subarray(1 + saltBytes, 1 + saltBytes + nonceBytes);
      const decipher = createDecipheriv('aes-256-gcm', await keyFor(salt), nonce);
      decipher.setAAD(boundTo(database));
      decipher.setAuthTag(bytes.subarray(headBytes - tagBytes, headBytes));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(headBytes)), decipher.final()]);
      } catch {
        // The tag does not match; the reason cannot be known.
        return undefined;
      }
    },
  };
}

function boundTo(database: string): Buffer {
  return Buffer.from(JSON.stringify(['sweego-odoo-bridge settings', formatVersion, database]));
}

function deriveKey(credential: string, salt: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(credential, salt, 32, scryptCost, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

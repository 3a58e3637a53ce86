import fc from 'fast-check';

const surrogatesFrom = 0xd800;
const surrogates = 0x800;

/**
 * Every Unicode character but half surrogate pairs, for `fc.string({ unit: anyCharacter })`. fast-check's
 * own `binary` makes the same strings, but needs a second in each process to list the million characters.
 */
export const anyCharacter = fc.nat(0x10ffff - surrogates).map(
  (index) => String.fromCodePoint(index < surrogatesFrom ? index : index + surrogates),
  (character) => {
    const [only, ...others] = typeof character === 'string' ? character : '';
    const code = only?.codePointAt(0);
    if (code === undefined || others.length > 0) throw new Error('not one character');
    return code < surrogatesFrom ? code : code - surrogates;
  },
);

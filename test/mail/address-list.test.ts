import { describe, expect, it } from 'vitest';
import { readAddressList, writeAddressList } from '../../src/mail/address-list.ts';
import { addressesIn, normalizeAddress } from '../../src/mail/email-address.ts';
import { readMailboxes } from '../../src/sweego/mailbox.ts';

const read = (text: string) => readAddressList(text).map(({ name, address }) => [name, address]);

describe('an address header', () => {
  it.each([
    ['ann@example.com', [['', 'ann@example.com']]],
    [
      '"Doe, Jane" <Jane@Example.com>, info@example.com',
      [
        ['Doe, Jane', 'Jane@Example.com'],
        ['', 'info@example.com'],
      ],
    ],
    ['"Ann \\"A\\" Doe" <ann@example.com>', [['Ann "A" Doe', 'ann@example.com']]],
    ['Ann\r\n\t<ann@example.com>', [['Ann', 'ann@example.com']]],
    ['"a b"@example.com', [['', '"a b"@example.com']]],
    ['user@[IPv6:::1]', [['', 'user@[IPv6:::1]']]],
    [
      'ann@example.com; bob@example.com',
      [
        ['', 'ann@example.com'],
        ['', 'bob@example.com'],
      ],
    ],
    ['nobody', []],
    ['undisclosed-recipients:;', []],
    ['', []],
  ])('%s is read as %j', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it('may hold groups and comments', () => {
    expect(read('Team: ann@example.com, Bob <bob@example.com>;')).toEqual([
      ['', 'ann@example.com'],
      ['Bob', 'bob@example.com'],
    ]);
    expect(read('ann@example.com (Ann)')).toEqual([['Ann', 'ann@example.com']]);
    expect(read('Ann (home) <ann@example.com>')).toEqual([['Ann', 'ann@example.com']]);
  });

  it('may hold a display name with a comma and no quotes', () => {
    expect(read('Joe Foo, PhD <joe@example.com>')).toEqual([['Joe Foo, PhD', 'joe@example.com']]);
  });

  it('may put a name before a bare address or after a bracketed one', () => {
    expect(read('Ann Example ann@example.com')).toEqual([['Ann Example', 'ann@example.com']]);
    expect(read('<ann@example.com> Ann')).toEqual([['Ann', 'ann@example.com']]);
  });

  it('may hold an address in a display name, which is not a mailbox', () => {
    expect(read('bob@example.com <ann@example.com>')).toEqual([['bob@example.com', 'ann@example.com']]);
    expect(read('"bob@example.com, Inc." <ann@example.com>')).toEqual([
      ['bob@example.com, Inc.', 'ann@example.com'],
    ]);
  });

  it('may write mailto: before an address, in brackets or without', () => {
    expect(read('mailto:ann@example.com')).toEqual([['', 'ann@example.com']]);
    expect(read('Ann <mailto:ann@example.com>')).toEqual([['Ann', 'ann@example.com']]);
  });
});

describe('a damaged address header', () => {
  it.each([
    ['"Ann <ann@example.com>', [['Ann', 'ann@example.com']]],
    ['"unclosed, bob@example.com', [['', 'bob@example.com']]],
    ['Ann <ann@example.com', [['Ann', 'ann@example.com']]],
    [
      'Ann <ann@example.com, Bob <bob@example.com>',
      [
        ['Ann', 'ann@example.com'],
        ['Bob', 'bob@example.com'],
      ],
    ],
    ['\\"Ann\\" <ann@example.com>', [['Ann', 'ann@example.com']]],
    ['"<ann@example.com>"', [['', 'ann@example.com']]],
    ['Ann (home <ann@example.com>', [['', 'ann@example.com']]],
    ['(ann@example.com)', [['', 'ann@example.com']]],
  ])('%s still gives its addresses', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it.each([
    'ann@example.com bob@example.com',
    '<ann@example.com><bob@example.com>',
    '<ann@example.com> bob@example.com',
    'ann@example.com bob@example.com,',
  ])('%s holds two mailboxes without a comma', (text) => {
    expect(addressesIn(text)).toEqual(['ann@example.com', 'bob@example.com']);
  });

  it('with a space instead of the plus in a reply address is read with the plus', () => {
    const token = '32332d73616c652e6f72646572.01ef5c88@reply.example.org';
    expect(read(`reply ${token}`)).toEqual([['', `reply+${token}`]]);
    expect(read(`Please reply ann@example.com`)).toEqual([['Please reply', 'ann@example.com']]);
  });
});

describe('an address for comparison', () => {
  it('is in lower case, and exists only when the text holds exactly one address', () => {
    expect(normalizeAddress(' "Ann, Buyer" <Ann@Example.COM> ')).toBe('ann@example.com');
    expect(normalizeAddress('ann@example.com, bob@example.com')).toBeUndefined();
    expect(normalizeAddress('ann@example.com, Bob <bob@example.com>')).toBeUndefined();
    expect(normalizeAddress('nobody')).toBeUndefined();
  });
});

it('a written list is read as the same mailboxes', () => {
  const mailboxes = [
    { name: 'Doe, "J" \\ Ünal', address: 'jane@example.com' },
    { name: '', address: 'info@example.com' },
  ];
  const text = writeAddressList(mailboxes);
  expect(text).toBe('"Doe, \\"J\\" \\\\ Ünal" <jane@example.com>, info@example.com');
  expect(readAddressList(text)).toEqual(mailboxes);
});

describe('reading malicious text', () => {
  const characters = ['<', '"', ' ', ',', '(', '\\', '=', '?', ':', ';', '>', ')', '@', 'a@b '];
  const units = [...characters, ...characters.flatMap((one) => characters.map((other) => one + other))];

  function cpuTimeOf(text: string): number {
    const started = process.cpuUsage();
    readMailboxes(text);
    const { user, system } = process.cpuUsage(started);
    return user + system;
  }

  /** How much more time a text of four times the length takes: 4 if linear, 16 if quadratic, 64 if cubic. */
  function growth(textOf: (length: number) => string, length: number): number {
    let least = Number.POSITIVE_INFINITY;
    // Other work of the computer may disturb one ratio, but hardly five in a row.
    for (let attempt = 0; attempt < 5 && least > 8; attempt += 1) {
      const short = Math.max(cpuTimeOf(textOf(length)), 500);
      least = Math.min(least, cpuTimeOf(textOf(4 * length)) / short);
    }
    return least;
  }

  it('takes time in proportion to its length', () => {
    const tooMuch = units.filter((unit) => growth((length) => unit.repeat(length / unit.length), 5_000) > 10);
    expect(tooMuch).toEqual([]);
  });

  it('takes time in proportion to its length after a bracket with only spaces behind it', () => {
    const open = (length: number) => `<${' '.repeat(length)}x`;
    expect(growth(open, 20_000)).toBeLessThan(10);
    expect(growth((length) => `${open(1990)},`.repeat(length / 1990), 20_000)).toBeLessThan(10);
  });

  it('ends after 100,000 characters', () => {
    expect(readAddressList('ann@example.com,'.repeat(10_000))).toHaveLength(6_250);
  });
});

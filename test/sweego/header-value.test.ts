import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readHeaderValues } from '../../src/sweego/header-map.ts';
import { anyCharacter } from '../support/any-character.ts';

const long =
  '<118022123456789.1763.1763456789.123456-openerp-1234567-maintenance.request.with_underscore@my-long-host-name.example.com>';

describe('header values', () => {
  it('reads an id that Python 3.11 wrote as three Q-encoded words over folded lines', () => {
    const folded =
      '=?utf-8?q?=3C118022123456789=2E1763=2E1763456789=2E123456-open?=\r\n' +
      ' =?utf-8?q?erp-1234567-maintenance=2Erequest=2Ewith=5Funderscore=40my-long-h?=\r\n' +
      ' =?utf-8?q?ost-name=2Eexample=2Ecom=3E?=';
    expect(readHeaderValues(folded)).toEqual([long]);
    expect(readHeaderValues(folded.replaceAll('\r\n', ''))).toEqual([long]);
    expect(readHeaderValues(folded.replaceAll('\r\n', '\n'))).toEqual([long]);
  });

  it('reads an id that Python 3.11 wrote on a line of its own', () => {
    expect(readHeaderValues('\r\n <1.2-openerp-3-sale.order@host.example.com>')).toEqual([
      '<1.2-openerp-3-sale.order@host.example.com>',
    ]);
  });

  it.each([
    ['Q, =40 and =3E', '=?utf-8?q?=3Ca=40b=3E?=', '<a@b>'],
    ['B', '=?UTF-8?B?PGFAYi5jPg==?=', '<a@b.c>'],
    ['Q with an underscore for a space', '=?utf-8?Q?two_words?=', 'two words'],
    ['Q then B', '=?utf-8?q?=3Ca=40?= =?utf-8?b?Yj4=?=', '<a@b>'],
    ['a character in two parts', '=?utf-8?q?=C3?= =?utf-8?q?=A9?=', 'é'],
  ])('decodes %s', (_, text, expected) => {
    expect(readHeaderValues(text)).toEqual([expected]);
  });

  it.each([
    '<a=?b@example.com>',
    '<a=?utf-8?q@example.com>',
    '<1.2-openerp-3-sale.order@host>',
    '=?utf-8?b?!!!?=',
  ])('does not change %s', (text) => {
    expect(readHeaderValues(text)).toEqual([text]);
  });

  it('reads texts, numbers and lists', () => {
    expect(readHeaderValues(23)).toEqual(['23']);
    expect(readHeaderValues('23')).toEqual(['23']);
    expect(readHeaderValues(['Sweego'])).toEqual(['Sweego']);
    expect(readHeaderValues(['<a@b>', '', null, 7])).toEqual(['<a@b>', '7']);
  });

  it.each([[null], [undefined], [''], [{}], [true], [[]]])('finds nothing in %j', (value) => {
    expect(readHeaderValues(value)).toEqual([]);
  });

  it('never throws and never returns an empty text', () => {
    const word = fc
      .tuple(fc.string(), fc.constantFrom('q', 'b', 'Q', 'x'), fc.string({ unit: anyCharacter }))
      .map(([charset, encoding, data]) => `=?${charset}?${encoding}?${data}?=`);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          word,
          fc.array(word).map((words) => words.join(' ')),
        ),
        (value) => {
          expect(readHeaderValues(value)).not.toContain('');
        },
      ),
    );
  });
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findHeader, readHeaderMap } from '../../src/sweego/header-map.ts';

const names = ['x-message-id', 'X-Message-Id', ' X-MESSAGE-ID ', 'x-odoo-message-id', 'x-swg-uid'];
const texts = fc.oneof(
  fc.constantFrom(
    '<1.2@odoo.example.com>',
    '=?utf-8?q?=3C1=2E2=40odoo?=\r\n =?utf-8?q?=2Eexample=2Ecom=3E?=',
    ' ',
    '',
  ),
  fc.integer(),
  fc.string(),
);
const headers = fc.oneof(
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...names), fc.oneof(texts, fc.array(texts), fc.constant(null))), {
      selector: ([name]) => name,
    })
    .map((entries) => Object.fromEntries(entries) as unknown),
  fc.anything(),
);

it('finds the same Message-Id by findHeader as in the map of all headers, for any input', () => {
  fc.assert(
    fc.property(headers, fc.constantFrom('x-message-id', 'x-odoo-message-id', 'x-swg-uid'), (value, name) => {
      expect(findHeader(value, name)).toBe(readHeaderMap(value).get(name)?.[0]);
    }),
  );
});

it('finds a Message-Id that Odoo wrote in encoded words, under a name with capitals', () => {
  const written = '=?utf-8?q?=3C1=2E2=40odoo?=\r\n =?utf-8?q?=2Eexample=2Ecom=3E?=';
  expect(findHeader({ 'X-Message-Id': written }, 'x-message-id')).toBe('<1.2@odoo.example.com>');
});

import { afterEach, describe, expect, it } from 'vitest';
import { findInstant } from '../../src/sweego/timestamp.ts';

describe('timestamps of Sweego', () => {
  const zoneOfThisProcess = process.env['TZ'];
  afterEach(() => {
    if (zoneOfThisProcess === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zoneOfThisProcess;
  });

  it.each(['UTC', 'America/New_York', 'Asia/Tokyo', 'Europe/Paris'])(
    'in the three formats are the same instant on a computer in %s',
    (zone) => {
      process.env['TZ'] = zone;
      const local = new Date('2024-12-10T17:35:39').toISOString();
      expect(local === '2024-12-10T17:35:39.000Z').toBe(zone === 'UTC');

      expect(findInstant('2024-12-10T17:35:39+00:00')?.toISOString()).toBe('2024-12-10T17:35:39.000Z');
      expect(findInstant('2024-12-10T17:35:39.416380+00:00')?.toISOString()).toBe('2024-12-10T17:35:39.416Z');
      expect(findInstant('2024-12-10T17:35:39')?.toISOString()).toBe('2024-12-10T17:35:39.000Z');
    },
  );

  it.each([
    ['2024-12-10T18:35:39+01:00', '2024-12-10T17:35:39.000Z'],
    ['2024-12-10T12:35:39-0500', '2024-12-10T17:35:39.000Z'],
    ['2024-12-10 17:35:39.41638+00', '2024-12-10T17:35:39.416Z'],
    ['2024-12-10 12:05:39-05', '2024-12-10T17:05:39.000Z'],
    ['2024-12-10 17:35', '2024-12-10T17:35:00.000Z'],
    ['2024-12-10T18:35+01:00', '2024-12-10T17:35:00.000Z'],
    ['2024-12-10 23:05:39+05:30', '2024-12-10T17:35:39.000Z'],
    ['2024-12-10 17:35:39', '2024-12-10T17:35:39.000Z'],
    ['2024-12-10T17:35:39Z', '2024-12-10T17:35:39.000Z'],
    ['2024-12-10T17:35:39.5Z', '2024-12-10T17:35:39.500Z'],
    ['2024-02-29T00:00:00', '2024-02-29T00:00:00.000Z'],
  ])('%s is %s', (text, instant) => {
    expect(findInstant(text)?.toISOString()).toBe(instant);
  });

  it.each([
    '',
    'yesterday',
    '1723737959',
    '2024-12-10',
    '2024-12-10 17',
    '2024-12-10 17:35:39+0',
    '2024-12-10 17:35.5',
    '2023-02-29T00:00:00',
    '2024-13-01T00:00:00',
    '0050-01-01T24:00:00',
  ])('%j is not an instant', (text) => {
    expect(findInstant(text)).toBeUndefined();
  });
});

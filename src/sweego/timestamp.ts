const shape =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)?$/i;

/**
 * The instant of a Sweego timestamp, or undefined when it cannot be read.
 *
 * Sweego writes `2024-09-02T08:45:05+00:00`, sometimes with microseconds, and for opens and clicks without a zone. Its log
 * may have a space instead of the `T`, a zone like `+00` (PostgreSQL's form), and no seconds. A time without a zone is UTC;
 * `new Date()` would read it in the zone of this computer. Digits beyond milliseconds are cut.
 *
 * @see https://learn.sweego.io/docs/webhooks/payload
 */
export function findInstant(text: string): Date | undefined {
  const match = shape.exec(text.trim());
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match
    .slice(1, 7)
    .map((digits = '0') => Number(digits)) as [number, number, number, number, number, number];
  const milliseconds = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const written = new Date(Date.UTC(year, month - 1, day, hour, minute, second, milliseconds));
  const isRealDate =
    written.getUTCFullYear() === year &&
    written.getUTCMonth() === month - 1 &&
    written.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  return isRealDate ? new Date(written.getTime() - zoneOffsetMs(match[8])) : undefined;
}

function zoneOffsetMs(zone: string | undefined): number {
  if (zone === undefined || zone.toUpperCase() === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', ''));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}

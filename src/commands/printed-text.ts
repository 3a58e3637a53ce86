/**
 * What can steer a terminal or falsify what is read on it: control characters (C0, DEL, C1), the Unicode
 * controls of writing direction (UAX #9 section 2), and line and paragraph separators.
 */
const steering =
  // eslint-disable-next-line no-control-regex -- they are what this is about
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Foreign text for one line of a table or a sentence: every steering character becomes U+FFFD. */
export function printableLine(text: string): string {
  return text.replace(steering, '\uFFFD');
}

/** Foreign text of several lines: as `printableLine`, but tabs and line feeds stay. */
export function printableText(text: string): string {
  return text.replace(steering, (character) => (/[\t\n]/.test(character) ? character : '\uFFFD'));
}

/** JSON on one line that reads back as `value`, with every steering character escaped. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(
    steering,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Columns are as wide as their widest cell. */
export function printTable(rows: readonly (readonly string[])[], out: (line: string) => void): void {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)));
  }
  for (const row of rows) {
    const cells = row.map((cell, index) => printableLine(cell).padEnd(widths[index] ?? 0));
    out(cells.join('  ').trimEnd());
  }
}

/**
 * Characters that can control a terminal or disguise its text: control characters (C0, DEL, C1), the Unicode controls of
 * writing direction (UAX #9 section 2), and line and paragraph separators.
 */
const steering =
  // eslint-disable-next-line no-control-regex -- the expression is about them
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Text from outside for one line of a table or a sentence: every such character becomes U+FFFD. */
export function printableLine(text: string): string {
  return text.replace(steering, '\uFFFD');
}

/** Text from outside with several lines: like `printableLine`, but tabs and line feeds stay. */
export function printableText(text: string): string {
  return text.replace(steering, (character) => (/[\t\n]/.test(character) ? character : '\uFFFD'));
}

/** JSON on one line that parses to `value`, with every such character escaped. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(
    steering,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Prints columns as wide as their widest cell. */
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

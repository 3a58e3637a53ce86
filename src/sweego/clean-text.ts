/**
 * Text that every part behind can hold: NUL (which PostgreSQL refuses) and halves of surrogate pairs (which
 * are no Unicode text) become U+FFFD. One odd character in a server's answer must not hide a bounce.
 */
export function cleanText(text: string): string {
  return text.replace(
    // eslint-disable-next-line no-control-regex -- NUL is what this is about
    /\u0000|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g,
    '\uFFFD',
  );
}

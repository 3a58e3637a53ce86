/**
 * Text that UTF-8, PostgreSQL and a mail can hold: NUL and halves of surrogate pairs become U+FFFD. One odd character
 * must not hide a bounce or a reply.
 */
export function wholeText(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\uFFFD');
}

/**
 * One line for a header: every control character, line and paragraph separator and run of white space becomes
 * one space, so that nothing in it can end a header and begin another (RFC 5322 section 2.2).
 *
 * @param longestBytes of UTF-8; what is longer is cut between characters
 */
export function oneLine(text: string, longestBytes: number): string {
  return cutToBytes(
    wholeText(text)
      .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
      .trim(),
    longestBytes,
  );
}

/** The beginning of a text that takes at most so many bytes of UTF-8. */
export function cutToBytes(text: string, longestBytes: number): string {
  if (Buffer.byteLength(text) <= longestBytes) return text;
  let sizeBytes = 0;
  let cut = '';
  for (const character of text) {
    sizeBytes += Buffer.byteLength(character);
    if (sizeBytes > longestBytes) break;
    cut += character;
  }
  return cut;
}

/**
 * Text that UTF-8, PostgreSQL and a mail can hold: NUL and halves of surrogate pairs become U+FFFD. One odd character
 * must not hide a bounce or a reply.
 */
export function wholeText(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\uFFFD');
}

/**
 * One line for a header. Control characters, line and paragraph separators and white space become single spaces, so that
 * no text can end a header and begin another one (RFC 5322 section 2.2).
 *
 * @param longestBytes in UTF-8; a longer text is cut between characters
 */
export function oneLine(text: string, longestBytes: number): string {
  return cutToBytes(
    wholeText(text)
      .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
      .trim(),
    longestBytes,
  );
}

/** The beginning of a text, at most `longestBytes` of UTF-8. */
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

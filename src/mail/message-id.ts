/**
 * A Message-Id as Odoo stores it: in angle brackets, without white space. Its case is kept.
 *
 * @param value an unfolded and decoded header value; the brackets may be missing
 * @returns undefined when the value cannot be an id
 * @see RFC 5322 section 3.6.4 (msg-id)
 */
export function normalizeMessageId(value: string): string | undefined {
  const bracketed = /<([^<>]+)>/.exec(value)?.[1] ?? value;
  const bare = bracketed.replace(/\s+/g, '');
  return bare === '' || /[<>]/.test(bare) ? undefined : `<${bare}>`;
}

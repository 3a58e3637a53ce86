/**
 * A Message-Id as Odoo stores it: angle brackets around, no white space inside, case kept.
 *
 * @param value a header value already unfolded and decoded; brackets may be missing
 * @returns undefined when nothing that could be an id is in it
 * @see RFC 5322 section 3.6.4 (msg-id)
 */
export function normalizeMessageId(value: string): string | undefined {
  const bracketed = /<([^<>]+)>/.exec(value)?.[1] ?? value;
  const bare = bracketed.replace(/\s+/g, '');
  return bare === '' || /[<>]/.test(bare) ? undefined : `<${bare}>`;
}

/**
 * Whether a text holds half of a surrogate pair, which JSON allows as an escape and which no UTF-8 can carry.
 * Odoo 19 answers it with a bare HTML 500, which reads like an outage and would stop everything for one bad
 * text: such a text is refused before it is sent.
 */
export function isTorn(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

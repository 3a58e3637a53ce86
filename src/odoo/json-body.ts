import type { HttpAnswer } from '../http-client.ts';
import { odooError } from './odoo-error.ts';
import type { CallSite } from './odoo-error.ts';

/**
 * Writes a request body.
 *
 * @throws BridgeError ODOO_VALUE for a text that holds half of a surrogate pair
 */
export function writeJsonBody(body: Readonly<Record<string, unknown>>, site: CallSite): string {
  return JSON.stringify(body, (key, value: unknown) => {
    if (isTorn(key) || (typeof value === 'string' && isTorn(value))) {
      throw odooError('ODOO_VALUE', site, { details: { reason: 'lone surrogate' } });
    }
    return value;
  });
}

/** The JSON value of an answer, or undefined when it is not JSON. */
export function readJsonBody(answer: HttpAnswer): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(answer.body)) };
  } catch {
    return undefined;
  }
}

/**
 * Whether a text holds half of a surrogate pair, which JSON allows as an escape and which no UTF-8 can carry.
 * Odoo 19 answers it with a bare HTML 500, which reads like an outage and would stop everything for one bad
 * text: such a text is refused before it is sent.
 */
export function isTorn(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

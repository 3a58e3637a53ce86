import type { HttpAnswer } from '../http-client.ts';
import { odooError, type CallSite } from './odoo-error.ts';
import { isTorn } from './torn-text.ts';

/**
 * Writes a request body.
 *
 * @throws BridgeError ODOO_VALUE for a text that holds half of a surrogate pair
 */
export function writeJsonBody(body: Readonly<Record<string, unknown>>, site: CallSite): string {
  return JSON.stringify(body, (key, value: unknown) => {
    if (isTorn(key) || (typeof value === 'string' && isTorn(value))) {
      throw odooError('ODOO_VALUE', site, { cause: undefined, details: { reason: 'lone surrogate' } });
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

import type { HttpAnswer } from '../http-client.ts';
import { odooError } from './odoo-error.ts';
import type { CallSite } from './odoo-error.ts';

/**
 * Writes a request body.
 *
 * JSON can hold half of a surrogate pair as an escape, but UTF-8 cannot. Odoo 19 answers it with an HTML page and
 * status 500. That looks like an outage, so one bad text would stop all work. It is refused before it is sent.
 *
 * @throws BridgeError ODOO_VALUE for a text that holds half of a surrogate pair
 */
export function writeJsonBody(body: Readonly<Record<string, unknown>>, site: CallSite): string {
  return JSON.stringify(body, (key, value: unknown) => {
    if (!key.isWellFormed() || (typeof value === 'string' && !value.isWellFormed())) {
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

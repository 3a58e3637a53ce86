import { bridgeError } from '../errors.ts';
import type { BridgeError } from '../errors.ts';

export function badAnswer(action: string, cause?: unknown): BridgeError {
  const what = `The action ${action} in Odoo is not the one this bridge provisions`;
  return bridgeError('ODOO_NOT_PROVISIONED', what, { cause, details: { action } });
}

export function notProvisioned(cause: BridgeError): BridgeError {
  return bridgeError('ODOO_NOT_PROVISIONED', 'This database lacks the bridge’s actions', { cause });
}

export function notInGroup(cause?: BridgeError): BridgeError {
  const what = 'The user of ODOO_API_KEY is not in the group “Sweego bridge”';
  return bridgeError('ODOO_NOT_IN_GROUP', what, { cause, details: { model: 'ir.actions.server' } });
}

import { BridgeError } from '../errors.ts';

export function badAnswer(action: string, cause: unknown): BridgeError {
  return new BridgeError(
    'ODOO_NOT_PROVISIONED',
    `The action ${action} in Odoo is not the one this bridge provisions. Run: sweego-odoo-bridge provision`,
    { retry: 'never', scope: 'odoo', cause, details: { action } },
  );
}

export function notProvisioned(cause: BridgeError): BridgeError {
  return new BridgeError(
    'ODOO_NOT_PROVISIONED',
    'This database lacks the bridge’s actions. Run: sweego-odoo-bridge provision',
    { retry: 'never', scope: 'odoo', cause },
  );
}

export function notInGroup(cause: BridgeError | undefined): BridgeError {
  return new BridgeError(
    'ODOO_NOT_IN_GROUP',
    'The user of ODOO_API_KEY is not in the group “Sweego bridge”. Run: sweego-odoo-bridge provision --create-user',
    { retry: 'never', scope: 'odoo', cause, details: { model: 'ir.actions.server' } },
  );
}

export function wrongVersion(found: number, needed: number): BridgeError {
  return new BridgeError(
    'ODOO_PROVISION_VERSION',
    `Odoo was provisioned by another version of the bridge (${found}, needed: ${needed}). Run: sweego-odoo-bridge provision`,
    { retry: 'never', scope: 'odoo', cause: undefined, details: { found, needed } },
  );
}

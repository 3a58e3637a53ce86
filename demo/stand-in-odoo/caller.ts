import { accessError } from './faults.ts';
import type { Records } from './records.ts';

/** The user on whose behalf a call runs. */
export type Caller = {
  uid: number;
  partnerId: number;
  companyId: number;
  kind: 'administrator' | 'portal';
  /** External ids. */
  groups: ReadonlySet<string>;
};

export type Operation = 'read' | 'write' | 'create' | 'unlink';

const bridgeGroup = 'sweego_bridge.group_bridge';

/** What a portal user may read at all: himself, what concerns himself, and as a member the bridge's actions. */
export function isAllowed(caller: Caller, model: string, operation: Operation): boolean {
  // The history is read and cleared, and written by the bridge's action alone.
  if (model === 'x_sweego_event' && caller.kind === 'administrator') {
    return ['read', 'unlink'].includes(operation);
  }
  if (caller.kind === 'administrator') return true;
  if (operation !== 'read') return false;
  if (model === 'ir.actions.server') return caller.groups.has(bridgeGroup);
  return ['res.users', 'mail.message', 'mail.notification'].includes(model);
}

/**
 * Checks access rights of the model and the record rules that the administrator meets too.
 *
 * @throws StandInFault AccessError
 */
export function requireAccess(
  records: Records,
  caller: Caller,
  model: string,
  operation: Operation,
  ids: readonly number[],
): void {
  const { label } = records.model(model);
  if (!isAllowed(caller, model, operation)) {
    throw accessError(`You are not allowed to access '${label}' (${model}) records.`);
  }
  const refused = ids.filter((id) => !passesRules(records, caller, model, operation, id));
  if (refused.length > 0) {
    throw accessError(
      `Due to security restrictions, you are not allowed to access '${label}' (${model}) records.`,
    );
  }
}

/** Only members of the bridge's group may run its actions; nobody else, the administrator included. */
export function requireBridgeGroup(caller: Caller): void {
  if (!caller.groups.has(bridgeGroup)) {
    throw accessError(`You don't have enough access rights to run this action.`);
  }
}

export function bridgeGroups(): ReadonlySet<string> {
  return new Set([bridgeGroup]);
}

/** Record rules, and what Odoo derives from a message's document. Rows that do not exist pass. */
export function passesRules(
  records: Records,
  caller: Caller,
  model: string,
  operation: Operation,
  id: number,
): boolean {
  const row = records.store.find(model, id);
  if (row === undefined) return true;
  if (caller.kind === 'portal') {
    if (model === 'res.users') return id === caller.uid;
    return model === 'ir.actions.server' || row['res_partner_id'] === caller.partnerId;
  }
  // Other people's notifications: a record rule that holds for the Administrator as well.
  if (model === 'mail.notification' && (operation === 'write' || operation === 'unlink')) {
    return row['res_partner_id'] === caller.partnerId;
  }
  // A direct mail takes its message along, whose access comes from a document that is not there.
  if (model === 'mail.mail' && operation === 'unlink' && !row['is_notification']) {
    return Boolean(records.value(model, row, 'model'));
  }
  return true;
}

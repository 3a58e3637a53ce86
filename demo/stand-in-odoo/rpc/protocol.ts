import { accessError } from '../faults.ts';

/** One call as the protocol layer hands it over, whichever transport carried it. */
export type StandInCall = {
  model: string;
  method: string;
  /** Ids of the record set; `undefined` when the caller named none. */
  ids: readonly number[] | undefined;
  /** Keyword arguments by their Python parameter names. */
  args: Readonly<Record<string, unknown>>;
  context: Readonly<Record<string, unknown>>;
};

/**
 * What stands behind the protocol layer: one database with its users, models and methods. The layer itself
 * answers for a wrong database, a refused credential, a missing model or method and a private method.
 */
export type StandInDatabase = {
  name: string;
  /** The user with this login, if the secret is their password or API key. */
  authenticate(login: string, secret: string): number | undefined;
  /** Whether the secret is this user's password or API key, as each JSON-RPC and XML-RPC call checks. */
  checkSecret(uid: number, secret: string): boolean;
  /** The user of an API key, which is all that JSON-2 takes. */
  userOfKey(key: string): number | undefined;
  hasModel(model: string): boolean;
  /** Whether a public method exists; names with a leading underscore never reach this. */
  hasMethod(model: string, method: string): boolean;
  /**
   * Runs the call as this user, in one transaction, and returns (or resolves with) the bare result:
   * record sets as lists of ids (`create` always a list), empty fields as `false`, Python's `None` as `null`.
   *
   * @throws StandInFault for everything that Odoo would refuse; anything else thrown is a mistake of the
   * stand-in or of its caller and answers as an unexpected server error
   */
  call(uid: number, call: StandInCall): unknown;
};

/**
 * Refuses private methods, also those that do not exist (odoo.service.model.get_public_method).
 *
 * @throws StandInFault AccessError
 */
export function checkMethodIsPublic(model: string, method: string): void {
  if (!method.startsWith('_')) return;
  throw accessError(`Private methods (such as '${model}.${method}') cannot be called remotely.`);
}

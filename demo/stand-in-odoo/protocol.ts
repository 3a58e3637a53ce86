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
  /** Checks a login with a password or an API key. */
  authenticate(login: string, secret: string): number | undefined;
  /** Checks a user id with a password or an API key, as each JSON-RPC and XML-RPC call does. */
  checkSecret(uid: number, secret: string): boolean;
  /** The user of an API key (JSON-2 knows nobody else). */
  userOfKey(key: string): number | undefined;
  hasModel(model: string): boolean;
  /** Whether a public method exists; names with a leading underscore never reach this. */
  hasMethod(model: string, method: string): boolean;
  /**
   * Runs the call as this user, in one transaction, and returns (or resolves with) the bare result:
   * record sets as lists of ids (`create` always a list), empty fields as `false`, Python's `None` as `null`.
   *
   * @throws StandInFault for everything that Odoo would refuse; anything else thrown is a mistake of the
   * stand-in and answers as an unexpected server error
   */
  call(uid: number, call: StandInCall): unknown;
};

/** A Python exception, as the real Odoo would have raised it. */
export class StandInFault extends Error {
  /** Dotted Python class, for example `odoo.exceptions.MissingError` or `builtins.ValueError`. */
  readonly pythonClassName: string;
  /** `exception.args` of Python; the message alone unless told. */
  readonly arguments: readonly unknown[];

  constructor(pythonClassName: string, message: string, args: readonly unknown[] = [message]) {
    super(message);
    this.name = 'StandInFault';
    this.pythonClassName = pythonClassName;
    this.arguments = args;
  }
}

/**
 * A missing or unknown keyword, or ids given to a model method: the one fault whose class depends on the
 * transport (JSON-2 checks the signature first and answers 422 UnprocessableEntity, JSON-RPC lets Python
 * raise TypeError).
 */
export class SignatureFault extends StandInFault {
  constructor(message: string) {
    super('builtins.TypeError', message);
    this.name = 'SignatureFault';
  }
}

/**
 * Refuses private methods before anybody looks whether they exist (odoo.service.model.get_public_method).
 *
 * @throws StandInFault AccessError
 */
export function checkMethodIsPublic(model: string, method: string): void {
  if (method.startsWith('_')) {
    throw new StandInFault(
      'odoo.exceptions.AccessError',
      `Private methods (such as '${model}.${method}') cannot be called remotely.`,
    );
  }
}

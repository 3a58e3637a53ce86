/** A Python exception, as the real Odoo would have raised it. */
export class StandInFault extends Error {
  /** Dotted Python class, for example `odoo.exceptions.MissingError` or `builtins.ValueError`. */
  readonly pythonClassName: string;
  /** `exception.args` of Python. */
  readonly arguments: readonly unknown[];

  constructor(pythonClassName: string, message: string, args: readonly unknown[] = [message]) {
    super(message);
    this.name = 'StandInFault';
    this.pythonClassName = pythonClassName;
    this.arguments = args;
  }
}

/**
 * A missing or unknown keyword, or ids given to a model method. It is the one fault whose class depends on the
 * transport: JSON-2 checks the signature first and answers 422 UnprocessableEntity, the others let Python raise
 * TypeError.
 */
export class SignatureFault extends StandInFault {
  constructor(message: string) {
    super('builtins.TypeError', message);
    this.name = 'SignatureFault';
  }
}

/** What Odoo raises for an unknown field, a bad selection value, a wrong domain, and any error in action code. */
export function valueError(message: string): StandInFault {
  return new StandInFault('builtins.ValueError', message);
}

export function accessError(message: string): StandInFault {
  return new StandInFault('odoo.exceptions.AccessError', message);
}

export function missingError(model: string, ids: readonly number[]): StandInFault {
  return new StandInFault(
    'odoo.exceptions.MissingError',
    `Record does not exist or has been deleted.\n(Record: ${model}(${ids.join(', ')},), User: 1)`,
  );
}

export function userError(message: string): StandInFault {
  return new StandInFault('odoo.exceptions.UserError', message);
}

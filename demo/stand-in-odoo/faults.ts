import { StandInFault } from './protocol.ts';

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

export function validationError(message: string): StandInFault {
  return new StandInFault('odoo.exceptions.ValidationError', message);
}

export function userError(message: string): StandInFault {
  return new StandInFault('odoo.exceptions.UserError', message);
}

/** PostgreSQL at REPEATABLE READ, after somebody else committed a write of the same row. */
export function serializationFailure(): StandInFault {
  return new StandInFault(
    'psycopg2.errors.SerializationFailure',
    'could not serialize access due to concurrent update\n',
  );
}

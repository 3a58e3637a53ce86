import type { BridgeError, ErrorDetails } from '../errors.ts';
import type { HttpAnswer, HttpFailure } from '../http-client.ts';
import { odooError } from './odoo-error.ts';
import type { CallSite, OdooErrorCode } from './odoo-error.ts';

/**
 * A Python exception as a transport carried it. Its message is only compared, and never put into an error or a log: it
 * holds values of records and, for server actions, the whole source.
 */
export type PythonException = {
  /** Dotted class, for example `odoo.exceptions.MissingError`. */
  name: string;
  message: string;
};

const byExceptionName: Readonly<Record<string, OdooErrorCode>> = {
  'werkzeug.exceptions.Unauthorized': 'ODOO_AUTHENTICATION',
  'odoo.exceptions.AccessDenied': 'ODOO_AUTHENTICATION',
  'odoo.exceptions.AccessError': 'ODOO_ACCESS',
  'odoo.exceptions.MissingError': 'ODOO_RECORD_MISSING',
  'odoo.exceptions.UserError': 'ODOO_USER_ERROR',
  'odoo.exceptions.ValidationError': 'ODOO_VALIDATION',
  'odoo.exceptions.LockError': 'ODOO_LOCKED',
  'psycopg2.errors.SerializationFailure': 'ODOO_CONFLICT',
  'psycopg2.errors.LockNotAvailable': 'ODOO_CONFLICT',
  'psycopg2.errors.DeadlockDetected': 'ODOO_CONFLICT',
  'builtins.ValueError': 'ODOO_VALUE',
  'builtins.TypeError': 'ODOO_VALUE',
  'builtins.UnicodeEncodeError': 'ODOO_VALUE',
  'werkzeug.exceptions.UnprocessableEntity': 'ODOO_VALUE',
  'werkzeug.exceptions.BadRequest': 'ODOO_VALUE',
  'xml.parsers.expat.ExpatError': 'ODOO_VALUE',
  'werkzeug.exceptions.RequestEntityTooLarge': 'ODOO_TOO_LARGE',
  // PostgreSQL is unreachable, stopping or failing over, or it has no connections or no disk left.
  'psycopg2.OperationalError': 'ODOO_UNAVAILABLE',
  'psycopg2.InterfaceError': 'ODOO_UNAVAILABLE',
  'psycopg2.pool.PoolError': 'ODOO_UNAVAILABLE',
  'psycopg2.errors.AdminShutdown': 'ODOO_UNAVAILABLE',
  'psycopg2.errors.CrashShutdown': 'ODOO_UNAVAILABLE',
  'psycopg2.errors.CannotConnectNow': 'ODOO_UNAVAILABLE',
  'psycopg2.errors.TooManyConnections': 'ODOO_UNAVAILABLE',
  'psycopg2.errors.DiskFull': 'ODOO_UNAVAILABLE',
  'psycopg2.errors.ReadOnlySqlTransaction': 'ODOO_UNAVAILABLE',
};

/** The error of a request that got no answer. */
export function faultOfFailure(failure: HttpFailure, site: CallSite): BridgeError {
  const codes: Record<HttpFailure['failure'], OdooErrorCode> = {
    invalid: 'ODOO_UNREACHABLE',
    connect: 'ODOO_UNREACHABLE',
    timeout: 'ODOO_TIMEOUT',
    reset: 'ODOO_UNREACHABLE',
    'not-http': 'ODOO_NOT_ODOO',
    'too-large': 'ODOO_BAD_ANSWER',
    aborted: 'ODOO_CLOSED',
  };
  return odooError(codes[failure.failure], site, {
    cause: failure.cause,
    details: {
      failure: failure.failure,
      reason: failure.reason,
      // During authentication the call itself has not been sent.
      maybeSent: failure.maybeSent && site.step === 'call',
    },
  });
}

/** The error of an answer that is neither a result nor a Python exception. Mostly it is an HTML page. */
export function faultOfAnswer(answer: HttpAnswer, site: CallSite): BridgeError {
  return odooError(codeOfAnswer(answer, site), site, {
    details: { status: answer.status },
  });
}

function codeOfAnswer({ status, headers, body }: HttpAnswer, site: CallSite): OdooErrorCode {
  if (status === 401) {
    return 'ODOO_AUTHENTICATION';
  }
  if (status === 413) {
    return 'ODOO_TOO_LARGE';
  }
  if (status >= 500 || status === 408 || status === 429) {
    return 'ODOO_UNAVAILABLE';
  }
  if (site.step === 'version') {
    return 'ODOO_NOT_ODOO';
  }
  const text = new TextDecoder().decode(body.subarray(0, 2000));
  if (status === 404 && text.includes('No database is selected')) {
    return 'ODOO_DATABASE';
  }
  if (status === 400 && /^Invalid JSON(-RPC)? data/.test(text)) {
    return 'ODOO_VALUE';
  }
  const isOfApi = (headers['content-type'] ?? '').startsWith(contentTypeOf(site));
  return status === 200 && isOfApi ? 'ODOO_BAD_ANSWER' : 'ODOO_NOT_ODOO';
}

/** The error of a Python exception that Odoo raised. */
export function faultOfException(exception: PythonException, site: CallSite, status?: number): BridgeError {
  const code = codeOfException(exception, site);
  const inner = innerException(exception);
  const details: ErrorDetails = {
    exception: /^[\w.]{1,100}$/.test(exception.name) ? exception.name : 'unreadable',
    ...(inner === undefined ? {} : { actionException: inner }),
    ...(status === undefined ? {} : { status }),
  };
  return odooError(code, site, { details });
}

function codeOfException(exception: PythonException, site: CallSite): OdooErrorCode {
  const code = codeByText(exception, site) ?? byExceptionName[exception.name];
  if (code === undefined) {
    return otherException(exception, site);
  }
  // The login is the same for every entry, so a failure of it is never the fault of one entry.
  return site.step === 'authenticate' && !brokenWhileAuthenticating.has(code) ? 'ODOO_UNAVAILABLE' : code;
}

const brokenWhileAuthenticating: ReadonlySet<OdooErrorCode> = new Set([
  'ODOO_AUTHENTICATION',
  'ODOO_DATABASE',
  'ODOO_NOT_ODOO',
  'ODOO_TOO_LARGE',
]);

function otherException(exception: PythonException, site: CallSite): OdooErrorCode {
  if (site.step === 'authenticate') {
    return 'ODOO_UNAVAILABLE';
  }
  return exception.name.endsWith('ConcurrencyError') ? 'ODOO_CONFLICT' : 'ODOO_SERVER';
}

/** Some classes have several meanings, which only the text distinguishes. Odoo does not translate these texts. */
function codeByText({ name, message }: PythonException, site: CallSite): OdooErrorCode | undefined {
  const model = site.model ?? '';
  const noMethod = `The method '${model}.${site.method ?? ''}' does not exist`;
  switch (name) {
    case 'werkzeug.exceptions.NotFound':
      if (message === `the model '${model}' does not exist`) {
        return 'ODOO_MODEL_MISSING';
      }
      return message === noMethod ? 'ODOO_METHOD_MISSING' : 'ODOO_NOT_ODOO';
    case 'odoo.exceptions.UserError':
      return message === `Object ${model} doesn't exist` ? 'ODOO_MODEL_MISSING' : undefined;
    case 'builtins.AttributeError':
      return message === noMethod ? 'ODOO_METHOD_MISSING' : undefined;
    case 'psycopg2.OperationalError':
      return /database ".*" does not exist/.test(message) ? 'ODOO_DATABASE' : undefined;
    // The database exists, but it is not an Odoo database: it has no users, or Odoo may not create its tables.
    case 'builtins.KeyError':
      return message === 'res.users' && site.step === 'authenticate' ? 'ODOO_DATABASE' : undefined;
    case 'psycopg2.errors.InsufficientPrivilege':
      return site.step === 'authenticate' ? 'ODOO_DATABASE' : undefined;
    case 'builtins.ValueError': {
      const inner = innerException({ name, message });
      return inner === undefined || inner === 'ValueError' || inner === 'TypeError'
        ? undefined
        : 'ODOO_SERVER';
    }
    default:
      return undefined;
  }
}

/**
 * The class of an exception inside a server action or automation rule. Odoo wraps nearly all of them in a ValueError
 * (odoo.tools.safe_eval), even a violated unique index, which a retry may resolve.
 */
function innerException({ name, message }: PythonException): string | undefined {
  if (name !== 'builtins.ValueError' || !message.includes(' while evaluating\n')) {
    return undefined;
  }
  return /^(\w{1,60})\(/.exec(message)?.[1] ?? 'unreadable';
}

/** The version request is the same for all transports, and its answer is always JSON. */
function contentTypeOf(site: CallSite): string {
  return site.transport === 'xmlrpc' && site.step !== 'version' ? 'text/xml' : 'application/json';
}

import { BridgeError } from '../errors.ts';
import type { ErrorDetails, ErrorScope, Retry } from '../errors.ts';

/** What was being done when something went wrong. */
export type CallSite = {
  /** Name of the transport, as in ODOO_TRANSPORT. */
  transport: string;
  /** `authenticate` and `version` never write anything in Odoo. */
  step: 'call' | 'authenticate' | 'version';
  /** Of the call, also while it still authenticates. */
  model?: string;
  method?: string;
};

type OdooErrorKind = {
  retry: Retry;
  scope: ErrorScope;
  says: (site: CallSite) => string;
};

function later(scope: ErrorScope, says: OdooErrorKind['says']): OdooErrorKind {
  return { retry: 'later', scope, says };
}

function never(scope: ErrorScope, says: OdooErrorKind['says']): OdooErrorKind {
  return { retry: 'never', scope, says };
}

const odooLog = 'Odoo wrote the text to its own log (logger odoo.http) at this time';

/**
 * Every error a transport throws, with what it means for a repetition (docs/errors.md).
 *
 * A conflict or a lock concerns the records of this one call, so the rest of the queue goes on (`entry`);
 * it passes by itself, hence `later`, and Odoo has already repeated a conflict five times.
 */
const odooErrorKinds = {
  ODOO_UNREACHABLE: later(
    'odoo',
    () => 'Odoo cannot be reached. Check ODOO_URL, the network between and that Odoo runs',
  ),
  ODOO_TIMEOUT: later(
    'odoo',
    (site) =>
      `Odoo did not answer ${calling(site)} in time; it may have done the work. Look at the load of Odoo's workers and of its database`,
  ),
  ODOO_CLOSED: later('bridge', () => 'The connection to Odoo was closed here, while stopping. Start again'),
  ODOO_AUTHENTICATION: never('odoo', authenticationText),
  ODOO_DATABASE: never(
    'odoo',
    () =>
      'Odoo serves no database of this name. Set ODOO_DATABASE to one of its databases, allow it in its dbfilter, and check that its PostgreSQL runs',
  ),
  ODOO_NOT_ODOO: later(
    'odoo',
    () =>
      'Something other than the external API of Odoo 19 answers. Set ODOO_URL to the base address of Odoo (scheme, host, port) and see what the proxy in front of it does',
  ),
  ODOO_UNAVAILABLE: later(
    'odoo',
    () => 'Odoo or the proxy in front of it is out of order. See the logs of the proxy, Odoo and PostgreSQL',
  ),
  ODOO_ACCESS: never(
    'odoo',
    (site) =>
      `Odoo does not allow this user ${calling(site)}. Give the bridge its rights again: sweego-odoo-bridge provision (as an administrator)`,
  ),
  ODOO_MODEL_MISSING: never(
    'odoo',
    (site) =>
      `This Odoo has no model ${site.model ?? ''}. Install the module it belongs to, or run: sweego-odoo-bridge provision`,
  ),
  ODOO_METHOD_MISSING: never(
    'odoo',
    (site) =>
      `This Odoo has no method ${site.model ?? ''}.${site.method ?? ''}. Check that ODOO_URL leads to an Odoo 19 (/web/version tells)`,
  ),
  ODOO_RECORD_MISSING: never(
    'entry',
    (site) => `A record meant by ${calling(site)} is no longer in Odoo. Read again which records exist`,
  ),
  ODOO_USER_ERROR: never(
    'entry',
    (site) => `Odoo refused ${calling(site)} with a message to its user. ${odooLog}`,
  ),
  ODOO_VALIDATION: never(
    'entry',
    (site) => `A constraint of Odoo refused the values of ${calling(site)}. ${odooLog}`,
  ),
  ODOO_LOCKED: later(
    'entry',
    (site) => `Somebody else holds the records of ${calling(site)}. Nothing to mend: it is tried again`,
  ),
  ODOO_CONFLICT: later(
    'entry',
    (site) =>
      `Other transactions kept changing the records of ${calling(site)}. Nothing to mend unless it lasts: then see what else writes them`,
  ),
  ODOO_VALUE: never(
    'entry',
    (site) =>
      `Odoo does not understand a value, field or argument of ${calling(site)}. Run sweego-odoo-bridge provision; if it happens again, report it with the code and details`,
  ),
  ODOO_TOO_LARGE: never(
    'entry',
    (site) =>
      `The request ${calling(site)} is larger than allowed. Raise Odoo's system parameter web.max_file_upload_size and the proxy's limit (nginx: client_max_body_size)`,
  ),
  ODOO_SERVER: later(
    'entry',
    (site) => `Odoo failed unexpectedly in ${calling(site)}. Its log has the traceback of this time`,
  ),
  ODOO_BAD_ANSWER: later(
    'entry',
    (site) =>
      `The answer to ${calling(site)} cannot be read. See in Odoo's log and the proxy's what was answered`,
  ),
} as const satisfies Record<string, OdooErrorKind>;

export type OdooErrorCode = keyof typeof odooErrorKinds;

/** Makes the BridgeError of a code; `details` are added to the transport, model and method. */
export function odooError(
  code: OdooErrorCode,
  site: CallSite,
  { cause, details = {} }: { cause: unknown; details?: ErrorDetails },
): BridgeError {
  const kind = odooErrorKinds[code];
  return new BridgeError(code, `${kind.says(site)}.`, {
    retry: kind.retry,
    scope: kind.scope,
    cause,
    details: {
      transport: site.transport,
      ...(site.step === 'call' ? {} : { step: site.step }),
      ...(site.model === undefined ? {} : { model: site.model }),
      ...(site.method === undefined ? {} : { method: site.method }),
      ...details,
    },
  });
}

function calling(site: CallSite): string {
  if (site.step !== 'call') {
    return site.step;
  }
  return `${site.model ?? ''}.${site.method ?? ''}`;
}

function authenticationText(site: CallSite): string {
  return site.transport === 'json2'
    ? 'Odoo refuses the API key. Set ODOO_API_KEY (for provision: PROVISION_API_KEY) to a key that exists, is of scope rpc and has not expired; a new one for the bridge: sweego-odoo-bridge provision --new-key'
    : 'Odoo refuses the login. Set ODOO_LOGIN with ODOO_PASSWORD or ODOO_API_KEY (for provision: PROVISION_LOGIN with PROVISION_PASSWORD or PROVISION_API_KEY); a new key for the bridge: sweego-odoo-bridge provision --new-key';
}

import { bridgeError } from '../errors.ts';
import type { BridgeError, ErrorCode, ErrorDetails } from '../errors.ts';

/** The call during which an error happened. */
export type CallSite = {
  /** Name of the transport, as in ODOO_TRANSPORT. */
  transport: string;
  /** `authenticate` and `version` never write anything in Odoo. */
  step: 'call' | 'authenticate' | 'version';
  /** The call's model, even while it still authenticates. */
  model?: string;
  method?: string;
};

/** What the error of each code says about the call. Retry, scope and fix are in src/error-codes.ts. */
const texts = {
  ODOO_UNREACHABLE: () => 'Odoo cannot be reached',
  ODOO_TIMEOUT: (site) => `Odoo did not answer ${calling(site)} in time; it may have done the work`,
  ODOO_CLOSED: () => 'The bridge closed the connection to Odoo because it stops',
  ODOO_AUTHENTICATION: ({ transport }) =>
    transport === 'json2' ? 'Odoo refuses the API key' : 'Odoo refuses the login',
  ODOO_DATABASE: () => 'Odoo serves no database of this name',
  ODOO_NOT_ODOO: () => 'Something other than the external API of Odoo 19 answers',
  ODOO_UNAVAILABLE: () => 'Odoo is unavailable, or the proxy in front of it is',
  ODOO_ACCESS: (site) => `Odoo does not allow this user ${calling(site)}`,
  ODOO_MODEL_MISSING: ({ model = '' }) => `This Odoo has no model ${model}`,
  ODOO_METHOD_MISSING: ({ model = '', method = '' }) => `This Odoo has no method ${model}.${method}`,
  ODOO_RECORD_MISSING: (site) => `A record meant by ${calling(site)} is no longer in Odoo`,
  ODOO_USER_ERROR: (site) => `Odoo refused ${calling(site)} with a message to its user`,
  ODOO_VALIDATION: (site) => `A constraint of Odoo refused the values of ${calling(site)}`,
  ODOO_LOCKED: (site) => `Another transaction holds the records of ${calling(site)}`,
  ODOO_CONFLICT: (site) => `Other transactions kept changing the records of ${calling(site)}`,
  ODOO_VALUE: (site) => `Odoo does not understand a value, field or argument of ${calling(site)}`,
  ODOO_TOO_LARGE: (site) => `The request ${calling(site)} is larger than allowed`,
  ODOO_SERVER: (site) => `Odoo failed unexpectedly in ${calling(site)}`,
  ODOO_BAD_ANSWER: (site) => `The answer to ${calling(site)} cannot be read`,
} as const satisfies Partial<Record<ErrorCode, (site: CallSite) => string>>;

export type OdooErrorCode = keyof typeof texts;

const newApiKey =
  'Set ODOO_API_KEY (for provision: PROVISION_API_KEY) to a key that exists, is of scope rpc and has not expired; ' +
  'a new one for the bridge: sweego-odoo-bridge provision --new-key.';

/** Makes the BridgeError of a code; `details` are added to the transport, model and method. */
export function odooError(
  code: OdooErrorCode,
  site: CallSite,
  { cause, details = {} }: { cause?: unknown; details?: ErrorDetails } = {},
): BridgeError {
  return bridgeError(code, texts[code](site), {
    fix: code === 'ODOO_AUTHENTICATION' && site.transport === 'json2' ? newApiKey : undefined,
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

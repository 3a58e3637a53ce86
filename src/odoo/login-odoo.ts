import { BridgeError } from '../errors.ts';
import type { Exchange } from './exchange.ts';
import type { CallSite } from './odoo-error.ts';
import type { Odoo, OdooCall } from './odoo.ts';
import { readServerVersion } from './server-version.ts';

/** What a transport with a login does on its own wire. Each sends exactly one request. */
type LoginServices = {
  /**
   * `authenticate` of Odoo's service `common`: the user id behind the login.
   *
   * @throws BridgeError ODOO_AUTHENTICATION when Odoo says `false`
   */
  authenticate(site: CallSite, timeoutMs: number | undefined): Promise<number>;
  /** `execute_kw` of Odoo's service `object`. */
  execute(userId: number, call: OdooCall, site: CallSite): Promise<unknown>;
};

/**
 * An Odoo over JSON-RPC or XML-RPC, which want a user id with every call.
 *
 * `authenticate` runs once and its user id is kept. A refused credential makes the next call authenticate
 * again; the refused call itself is not repeated, for the user might be locked out by that.
 */
export function createLoginOdoo(transport: string, exchange: Exchange, services: LoginServices): Odoo {
  const user = createRememberedUser((site, timeoutMs) => services.authenticate(site, timeoutMs));
  return {
    async call(call) {
      const site: CallSite = { transport, step: 'call', model: call.model, method: call.method };
      const userId = await user.id({ ...site, step: 'authenticate' }, call.timeoutMs);
      try {
        return await services.execute(userId, call, site);
      } catch (error) {
        if (error instanceof BridgeError && error.code === 'ODOO_AUTHENTICATION') {
          user.forget();
        }
        throw error;
      }
    },
    version: () => readServerVersion(exchange, transport),
    async close() {
      exchange.close();
    },
  };
}

/**
 * The last two arguments of `execute_kw`. Record methods take their ids as first positional argument;
 * `create` looks at its first positional argument to choose its result and fails when there is none
 * (odoo.service.model.call_kw).
 */
export function positionalAndKeywords({
  method,
  ids,
  context,
  arguments: given = {},
}: OdooCall): [unknown[], object] {
  const { vals_list: values, ...others } = given;
  const isCreate = method === 'create' && values !== undefined;
  const positional = [...(ids === undefined ? [] : [ids]), ...(isCreate ? [values] : [])];
  return [positional, { ...(isCreate ? others : given), ...(context === undefined ? {} : { context }) }];
}

type Authenticate = (site: CallSite, timeoutMs: number | undefined) => Promise<number>;

/** The user id behind a login: asked for once, also by calls made at the same time, until forgotten. */
type RememberedUser = {
  /** @throws BridgeError of `authenticate`; the next call asks again */
  id: Authenticate;
  forget(): void;
};

function createRememberedUser(authenticate: Authenticate): RememberedUser {
  let pending: Promise<number> | undefined;
  const forget = () => {
    pending = undefined;
  };
  return {
    async id(site, timeoutMs) {
      const asked = (pending ??= authenticate(site, timeoutMs));
      try {
        return await asked;
      } catch (error) {
        if (pending === asked) {
          forget();
        }
        throw error;
      }
    },
    forget,
  };
}

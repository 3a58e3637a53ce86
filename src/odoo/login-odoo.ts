import { BridgeError } from '../errors.ts';
import { readServerVersion } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import type { CallSite } from './odoo-error.ts';
import type { Odoo, OdooCall } from './odoo.ts';

/** The two requests of a transport with a login. Each function sends exactly one request. */
type LoginServices = {
  /**
   * `authenticate` of Odoo's service `common`: the user id of the login.
   *
   * @throws BridgeError ODOO_AUTHENTICATION when Odoo answers `false`
   */
  authenticate(site: CallSite, timeoutMs: number | undefined): Promise<number>;
  /** `execute_kw` of Odoo's service `object`. */
  execute(userId: number, call: OdooCall, site: CallSite): Promise<unknown>;
};

/**
 * An Odoo over JSON-RPC or XML-RPC, where every call needs a user id.
 *
 * `authenticate` runs once, and its user id is kept. After a refused credential the next call authenticates again. The
 * refused call itself is not repeated, because repeated refusals could lock the user out.
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
 * The last two arguments of `execute_kw`. Record methods take their ids as the first positional argument. `create` must
 * have a positional argument too: Odoo derives the kind of its result from it (odoo.service.model.call_kw).
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

/** The user id of a login. It is asked for once, even by calls at the same time, until it is forgotten. */
type RememberedUser = {
  /** @throws BridgeError of `authenticate`, after which the next call asks again */
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

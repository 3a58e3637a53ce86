import type { CallSite } from './odoo-error.ts';

type Authenticate = (site: CallSite, timeoutMs: number | undefined) => Promise<number>;

/** The user id behind a login: asked for once, also by calls made at the same time, until forgotten. */
export type RememberedUser = {
  /** @throws BridgeError of `authenticate`; the next call asks again */
  id: Authenticate;
  forget(): void;
};

export function createRememberedUser(authenticate: Authenticate): RememberedUser {
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

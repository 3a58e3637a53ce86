import type { Inbox } from '../../inbox/inbox.ts';
import type { Log } from '../../log.ts';
import type { BridgeActions } from '../../odoo/bridge-actions.ts';
import type { BridgeSettings } from '../../odoo/bridge-answers.ts';
import type { SweegoDeps } from '../../sweego/api.ts';
import type { ReplyCircuits } from './reply-circuits.ts';

/** Sweego's management API as the environment configures it; missing parts come from Odoo's settings. */
type SweegoSource = SweegoDeps & {
  /** Base URL without trailing slash. */
  url: string;
  apiKey: string | undefined;
  clientUuid: string | undefined;
};

/** The dependencies for bringing one reply to Odoo. */
export type ReplyDeps = {
  actions: Pick<BridgeActions, 'route' | 'deliver' | 'openAlert' | 'closeAlert'>;
  inbox: Pick<Inbox, 'storeFile' | 'files' | 'readFile' | 'history'>;
  settings: Pick<BridgeSettings, 'servers' | 'api_key' | 'client_uuid' | 'company_language'>;
  sweego: SweegoSource;
  /** Base64 texts from the environment; they verify tokens in addition to Odoo's. */
  outboundSecrets: readonly string[];
  circuits: ReplyCircuits;
  /** Cancels work that can be resumed later. */
  signal: AbortSignal;
  log: Pick<Log, 'info' | 'warn' | 'error'>;
};

/** The credentials for Sweego's API; a part is `null` when neither the environment nor Odoo has it. */
export function sweegoAccount({ sweego, settings }: Pick<ReplyDeps, 'sweego' | 'settings'>): {
  apiKey: string | null;
  clientUuid: string | null;
} {
  return {
    apiKey: sweego.apiKey ?? settings.api_key,
    clientUuid: sweego.clientUuid ?? settings.client_uuid,
  };
}

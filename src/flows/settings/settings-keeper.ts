import type { Log } from '../../log.ts';
import type { BridgeActions } from '../../odoo/bridge-actions.ts';
import type { BridgeSettings } from '../../odoo/bridge-answers.ts';
import type { SigningSecret } from '../../sweego/signature.ts';
import type { SettingsSnapshot } from './settings-snapshot.ts';
import { readEnvironmentSecrets, readServerSecrets } from './webhook-secrets.ts';
import type { WebhookSecrets } from './webhook-secrets.ts';

/** Shortest time between two refreshes because of unknown signatures, milliseconds. */
const leastRefreshGapMs = 10_000;
/** How long a webhook waits for such a refresh, milliseconds. */
const longestWaitMs = 3_000;

type SettingsKeeperDeps = {
  actions: Pick<BridgeActions, 'settings'>;
  /** The settings that another replica, or this process before its restart, read from Odoo. */
  snapshot: SettingsSnapshot;
  /** Base64 texts from the environment; they verify in addition to Odoo's. */
  environmentSecrets: { outbound: readonly string[]; inbound: readonly string[] };
  now: () => Date;
  log: Pick<Log, 'info' | 'warn'>;
};

/** The latest settings of Odoo, and the secrets that verify webhooks. */
export type SettingsKeeper = {
  /** The settings that Odoo gave since the process started; decisions use only these. Undefined before the first answer. */
  current(): BridgeSettings | undefined;
  /** The secrets for webhooks of a direction: the environment's and Odoo's, also those from the snapshot. */
  secretsFor(direction: 'outbound' | 'inbound'): readonly SigningSecret[];
  /** Whether Odoo's secrets are known, from Odoo or from the snapshot. */
  knowsOdooSecrets(): boolean;
  /**
   * Whether Odoo answered the last refresh and none is under way. Otherwise an administrator may have entered a new
   * secret since then.
   */
  areSecretsCurrent(): boolean;
  /** Reads the snapshot. Call it once before the first webhook is accepted. Never throws. */
  recall(): Promise<void>;
  /**
   * Reads the settings from Odoo again. After a failure the latest settings stay, unless another replica stored newer
   * secrets.
   *
   * @throws BridgeError ODOO_*
   */
  refresh(): Promise<BridgeSettings>;
  /**
   * Refreshes because a signature matched no secret: an administrator may just have replaced it. At most every 10 s,
   * and the caller waits at most 3 s. Never throws.
   */
  refreshForUnknownSignature(): Promise<void>;
  /** The error of the last refresh, if it failed. */
  lastError(): unknown;
};

export function createSettingsKeeper(deps: SettingsKeeperDeps): SettingsKeeper {
  let settings: BridgeSettings | undefined;
  let lastError: unknown;
  let running: Promise<BridgeSettings> | undefined;
  let lastAskedAt = Number.NEGATIVE_INFINITY;
  const fromEnvironment = readEnvironmentSecrets(deps.environmentSecrets, deps.log);
  /** `readAt`: by the clock of the process that read them. */
  let fromOdoo: { secrets: WebhookSecrets; readAt: Date } | undefined;

  async function ask(): Promise<BridgeSettings> {
    // At the same time as the call, because a hanging Odoo is noticed late.
    const recalled = recall();
    try {
      const answer = await deps.actions.settings();
      fromOdoo = { secrets: readServerSecrets(answer, deps.log), readAt: deps.now() };
      settings = answer;
      lastError = undefined;
      await recalled;
      await deps.snapshot.keep(answer);
      return answer;
    } catch (error) {
      lastError = error;
      await recalled;
      throw error;
    } finally {
      running = undefined;
    }
  }

  /** Compares the clocks of two machines. A wrong choice lasts until Odoo answers one of them. */
  async function recall(): Promise<void> {
    const found = await deps.snapshot.look();
    if (found === undefined || (fromOdoo !== undefined && found.savedAt <= fromOdoo.readAt)) return;
    fromOdoo = { secrets: readServerSecrets(found.secrets, deps.log), readAt: found.savedAt };
    deps.log.info(
      { savedAt: found.savedAt.toISOString() },
      'webhook secrets taken from the settings snapshot',
    );
  }

  function refresh(): Promise<BridgeSettings> {
    lastAskedAt = deps.now().getTime();
    running ??= ask();
    return running;
  }

  return {
    current: () => settings,
    secretsFor: (direction) => [...fromEnvironment[direction], ...(fromOdoo?.secrets[direction] ?? [])],
    knowsOdooSecrets: () => fromOdoo !== undefined,
    areSecretsCurrent: () => settings !== undefined && lastError === undefined && running === undefined,
    recall,
    refresh,
    async refreshForUnknownSignature() {
      const sinceMs = Math.abs(deps.now().getTime() - lastAskedAt);
      if (running === undefined && sinceMs < leastRefreshGapMs) return;
      const asked = refresh().then(
        () => undefined,
        // Kept as lastError, and reported by the periodic refresh.
        () => undefined,
      );
      await Promise.race([asked, delay(longestWaitMs)]);
    },
    lastError: () => lastError,
  };
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

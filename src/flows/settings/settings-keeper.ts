import type { Log } from '../../log.ts';
import type { BridgeActions } from '../../odoo/bridge-actions.ts';
import type { BridgeSettings } from '../../odoo/bridge-answers.ts';
import type { SigningSecret } from '../../sweego/signature.ts';
import type { SettingsSnapshot } from './settings-snapshot.ts';
import { readEnvironmentSecrets, readServerSecrets } from './webhook-secrets.ts';
import type { WebhookSecrets } from './webhook-secrets.ts';

/** Least time between two refreshes that unknown signatures ask for, milliseconds. */
const leastRefreshGapMs = 10_000;
/** How long a webhook waits for such a refresh, milliseconds. */
const longestWaitMs = 3_000;

type SettingsKeeperDeps = {
  actions: Pick<BridgeActions, 'settings'>;
  /** What Odoo told in an earlier life of the process, or another replica. */
  snapshot: SettingsSnapshot;
  /** Base64 texts from the environment; they verify in addition to Odoo's. */
  environmentSecrets: { outbound: readonly string[]; inbound: readonly string[] };
  now: () => Date;
  log: Pick<Log, 'info' | 'warn'>;
};

/** The latest settings of Odoo, and the secrets that verify webhooks. */
export type SettingsKeeper = {
  /** What Odoo told in this life of the process, which decisions rest on; undefined before it has. */
  current(): BridgeSettings | undefined;
  /** What verifies webhooks of a direction now: the environment's secrets and Odoo's, kept ones included. */
  secretsFor(direction: 'outbound' | 'inbound'): readonly SigningSecret[];
  /** Whether Odoo's secrets are known, from itself or from the snapshot. */
  knowsOdooSecrets(): boolean;
  /**
   * Whether Odoo told them at the last asking, and none is under way: otherwise an administrator may have entered a
   * new one since.
   */
  areSecretsCurrent(): boolean;
  /** Reads the snapshot. Called once before the first webhook is taken. Never throws. */
  recall(): Promise<void>;
  /**
   * Asks Odoo again. On failure the latest settings stay, unless another replica has kept later secrets.
   *
   * @throws BridgeError ODOO_*
   */
  refresh(): Promise<BridgeSettings>;
  /**
   * Asks again because a signature matched no secret: an administrator may just have replaced it. Not more
   * often than every 10 s, and the caller waits at most 3 s. Never throws.
   */
  refreshForUnknownSignature(): Promise<void>;
  /** What the last refresh failed with, if it failed. */
  lastError(): unknown;
};

export function createSettingsKeeper(deps: SettingsKeeperDeps): SettingsKeeper {
  let settings: BridgeSettings | undefined;
  let lastError: unknown;
  let running: Promise<BridgeSettings> | undefined;
  let lastAskedAt = Number.NEGATIVE_INFINITY;
  const fromEnvironment = readEnvironmentSecrets(deps.environmentSecrets, deps.log);
  /** With the instant at which Odoo told them, by the clock of whoever asked it. */
  let fromOdoo: { secrets: WebhookSecrets; toldAt: Date } | undefined;

  async function ask(): Promise<BridgeSettings> {
    // Beside the question, since an Odoo that hangs is noticed late.
    const recalled = recall();
    try {
      const answer = await deps.actions.settings();
      fromOdoo = { secrets: readServerSecrets(answer, deps.log), toldAt: deps.now() };
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

  /** Clocks of two machines are compared here. A wrong choice lasts until Odoo answers one of them. */
  async function recall(): Promise<void> {
    const found = await deps.snapshot.look();
    if (found === undefined || (fromOdoo !== undefined && found.savedAt <= fromOdoo.toldAt)) return;
    fromOdoo = { secrets: readServerSecrets(found.secrets, deps.log), toldAt: found.savedAt };
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

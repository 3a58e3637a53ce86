import { BridgeError } from '../errors.ts';
import type { BridgeActions } from '../odoo/bridge-actions.ts';
import type { BridgeSettings } from '../odoo/bridge-answers.ts';
import { parseSigningSecret, type SigningSecret } from '../sweego/signature.ts';

/** Least time between two refreshes that unknown signatures ask for, milliseconds. */
const leastRefreshGapMs = 10_000;
/** How long a webhook waits for such a refresh, milliseconds. */
const longestWaitMs = 3_000;

export type SettingsKeeperDeps = {
  actions: Pick<BridgeActions, 'settings'>;
  /** Base64 texts from the environment; they verify in addition to Odoo's. */
  environmentSecrets: { outbound: readonly string[]; inbound: readonly string[] };
  now: () => Date;
  log: {
    info(fields: Readonly<Record<string, unknown>>, message: string): void;
    warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  };
};

/** The latest settings of Odoo, and the secrets that verify webhooks. */
export type SettingsKeeper = {
  /** The latest settings, or undefined when Odoo has never told them. */
  current(): BridgeSettings | undefined;
  /** What verifies webhooks of a direction now: the environment's secrets and Odoo's. */
  secretsFor(direction: 'outbound' | 'inbound'): readonly SigningSecret[];
  /**
   * Asks Odoo again. On failure the latest settings stay.
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
  const fromEnvironment = {
    outbound: parseSecrets('environment', deps.environmentSecrets.outbound, '', deps.log),
    inbound: parseSecrets('environment', deps.environmentSecrets.inbound, '', deps.log),
  };
  let fromOdoo: Record<'outbound' | 'inbound', SigningSecret[]> = { outbound: [], inbound: [] };

  async function ask(): Promise<BridgeSettings> {
    try {
      const answer = await deps.actions.settings();
      fromOdoo = {
        outbound: secretsOf(answer, 'outbound', deps.log),
        inbound: secretsOf(answer, 'inbound', deps.log),
      };
      settings = answer;
      lastError = undefined;
      return answer;
    } catch (error) {
      lastError = error;
      throw error;
    } finally {
      running = undefined;
    }
  }

  function refresh(): Promise<BridgeSettings> {
    lastAskedAt = deps.now().getTime();
    running ??= ask();
    return running;
  }

  return {
    current: () => settings,
    secretsFor: (direction) => [...fromEnvironment[direction], ...fromOdoo[direction]],
    refresh,
    async refreshForUnknownSignature() {
      if (running === undefined && deps.now().getTime() - lastAskedAt < leastRefreshGapMs) return;
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

function secretsOf(
  settings: BridgeSettings,
  direction: 'outbound' | 'inbound',
  log: SettingsKeeperDeps['log'],
): SigningSecret[] {
  return settings.servers.flatMap((server) => {
    const texts = direction === 'outbound' ? server.outbound_secrets : server.inbound_secrets;
    return parseSecrets(`server:${server.id}`, texts, `:${direction}`, log);
  });
}

/** A secret that is none is reported and left out; the others go on verifying. */
function parseSecrets(
  owner: string,
  texts: readonly string[],
  suffix: string,
  log: SettingsKeeperDeps['log'],
): SigningSecret[] {
  return texts.flatMap((text, index) => {
    const position = index === 0 ? '' : `:${index + 1}`;
    const id = suffix === '' ? `${owner}:${index + 1}` : `${owner}${suffix}${position}`;
    try {
      return [parseSigningSecret(id, text)];
    } catch (error) {
      const code = error instanceof BridgeError ? error.code : 'unknown';
      log.warn({ signer: id, code }, 'webhook secret is not usable');
      return [];
    }
  });
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

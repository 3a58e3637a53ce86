/** Whether repeating the same call by itself can help. When in doubt: `later`. */
export type Retry = 'later' | 'never';

/**
 * What an error says something about.
 * - `entry`: this one entry. The only scope that uses up an entry's attempts or parks it.
 * - `odoo`: the whole Odoo side (down, key refused, database gone, not provisioned). Work pauses.
 * - `sweego`: Sweego's API. Work that needs it pauses.
 * - `bridge`: this installation (configuration, disk).
 */
export type ErrorScope = 'entry' | 'odoo' | 'sweego' | 'bridge';

export type ErrorKind = {
  retry: Retry;
  scope: ErrorScope;
  /** The sentence that says how to fix it. Ends every message of this code, unless the place that throws it knows better. */
  fix: string;
  /** The command line or the configuration is wrong: exit code 2. */
  isUsage: boolean;
};

export function later(scope: ErrorScope, fix: string): ErrorKind {
  return { retry: 'later', scope, fix, isUsage: false };
}

export function never(scope: ErrorScope, fix: string): ErrorKind {
  return { retry: 'never', scope, fix, isUsage: false };
}

export function usage(fix: string): ErrorKind {
  return { retry: 'never', scope: 'bridge', fix, isUsage: true };
}

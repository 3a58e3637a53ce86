import type { SettingsSnapshot } from '../../../src/flows/settings/settings-snapshot.ts';

/** Stores nothing, for tests that are not about settings after a restart. */
export const noSnapshot: SettingsSnapshot = {
  keep: async () => undefined,
  look: async () => undefined,
};

import type { SettingsSnapshot } from '../../../src/flows/settings/settings-snapshot.ts';

/** For tests that are not about what a restart remembers. */
export const noSnapshot: SettingsSnapshot = {
  keep: async () => undefined,
  look: async () => undefined,
};

import { expect, it, onTestFinished } from 'vitest';
import { createReadiness } from '../../src/bridge/readiness.ts';
import { openInbox } from '../../src/inbox/open.ts';
import { settingsWith } from '../support/bridge/bridge-settings.ts';
import { countWalCommits, createTemporaryPath } from '../support/inbox/sqlite-databases.ts';

it('readiness is tested by a durable write each time, also when two bridges share an inbox', async () => {
  const { path, remove } = createTemporaryPath();
  onTestFinished(remove);
  let nowMs = Date.parse('2026-11-01T10:00:00Z');
  async function openReadiness() {
    const inbox = await openInbox(`file:${path}`);
    onTestFinished(() => inbox.close());
    return createReadiness({
      inbox,
      settings: {
        current: () => settingsWith(),
        knowsOdooSecrets: () => true,
        secretsFor: () => [],
        lastError: () => undefined,
      },
      worker: { contact: () => ({ state: 'up' }) },
      now: () => new Date(nowMs),
    });
  }
  const asked = [await openReadiness(), await openReadiness()];
  for (let time = 0; time < 2; time += 1) {
    for (const ask of asked) {
      nowMs += 3_000;
      const before = countWalCommits(path);
      expect((await ask()).isInboxWritable).toBe(true);
      expect(countWalCommits(path)).toBe(before + 1);
    }
  }
});

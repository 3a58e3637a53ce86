import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBridge } from '../../support/bridge/bridge-process.ts';
import { closingAfterwards, openCrashStage } from '../../support/bridge/crash-stage.ts';
import type { CrashScene, CrashStage } from '../../support/bridge/crash-stage.ts';
import { runUndisturbed } from '../../support/bridge/undisturbed-run.ts';
import { findFreePort } from '../../support/free-port.ts';
import { expectAllAccountedFor, expectNothingTwice } from '../../support/inbox/account-for-entries.ts';
import { openPostgresPlace } from '../../support/inbox/inbox-places.ts';
import { mixEvents } from '../../support/mails/mixed-events.ts';
import { sendWebhooks } from '../../support/mails/webhook-sender.ts';
import { eventually, outboundSecret } from '../../support/odoo/bridged-odoo.ts';
import type { ComparableOutcomes } from '../../support/odoo/comparable-outcomes.ts';

const events = mixEvents(100);

let stage: CrashStage;
let undisturbed: ComparableOutcomes;
beforeAll(async () => {
  stage = await openCrashStage();
  undisturbed = await runUndisturbed(await openScene('undisturbed'));
});
afterAll(() => stage.close());

async function openScene(name: string): Promise<CrashScene> {
  return stage.openScene({ place: await openPostgresPlace(), events, name });
}

/** Half of the webhooks go to one bridge first, half to the other. The other is tried when the first fails. */
async function sendToBoth(scene: CrashScene, urls: [string, string], onAccepted: (count: number) => void) {
  const half = Math.floor(scene.webhooks.length / 2);
  const options = { secret: outboundSecret, concurrency: 10, onAccepted };
  const [first, second] = urls;
  await Promise.all([
    sendWebhooks(scene.webhooks.slice(0, half), { ...options, urls: [first, second] }),
    sendWebhooks(scene.webhooks.slice(half), { ...options, urls: [second, first] }),
  ]);
}

const isReady = (url: string) =>
  eventually(
    async () => (await fetch(`${url}/readyz`)).status,
    (status) => status === 200,
  );

describe('two bridges on one inbox lose nothing and apply nothing twice when', () => {
  for (const { fate, name } of [
    { fate: 'the one that calls Odoo is killed', name: 'worker' },
    { fate: 'the one that only receives webhooks is killed', name: 'taker' },
  ]) {
    it.concurrent(fate, async ({ annotate }) => {
      const scene = await openScene(name);
      await closingAfterwards(scene, async () => {
        // The bridge that starts first holds the lease.
        await scene.start();
        await isReady(scene.url);
        const other = await startBridge({ ...scene.environment, PORT: String(await findFreePort()) });
        try {
          await isReady(other.url);
          const victim = name === 'worker' ? scene : other;
          let death: Promise<number> | undefined;
          await sendToBoth(scene, [scene.url, other.url], (count) => {
            if (count === 20) death ??= victim.kill().then(() => Date.now());
          });
          const diedAt = (await death) ?? 0;
          expect(diedAt).toBeGreaterThan(0);
          const calls = scene.gate.calls.length;
          await eventually(
            async () => scene.gate.calls.slice(calls).includes('apply'),
            (isTakenOver) => isTakenOver || name === 'taker',
          );
          await annotate(`Odoo was served again ${Date.now() - diedAt} ms after the kill`);
          const { outcomes, entries } = await scene.finish();
          expectAllAccountedFor(entries, scene.webhooks);
          expectNothingTwice(outcomes);
          expect(outcomes).toEqual(undisturbed);
        } finally {
          await other.stop();
        }
      });
    });
  }
});

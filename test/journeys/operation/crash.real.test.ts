import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closingAfterwards, openCrashStage } from '../../support/bridge/crash-stage.ts';
import type { CrashScene, CrashStage } from '../../support/bridge/crash-stage.ts';
import { killAtCall } from '../../support/bridge/kill-at-call.ts';
import { runUndisturbed } from '../../support/bridge/undisturbed-run.ts';
import { expectAllAccountedFor, expectNothingTwice } from '../../support/inbox/account-for-entries.ts';
import { inboxEngines } from '../../support/inbox/inbox-places.ts';
import {
  interruptPostgresMigration,
  interruptSqliteMigration,
} from '../../support/inbox/interrupted-migration.ts';
import { mixEvents } from '../../support/mails/mixed-events.ts';
import type { ComparableOutcomes } from '../../support/odoo/comparable-outcomes.ts';

const events = mixEvents(Number(process.env['CRASH_EVENTS'] ?? 100));

let stage: CrashStage;
beforeAll(async () => {
  stage = await openCrashStage();
});
afterAll(() => stage.close());

type KillPoint = { point: string; name: string; run: (scene: CrashScene) => Promise<void> };

/** Each starts the bridge, sends everything, and kills the bridge meanwhile. */
const killPoints: readonly KillPoint[] = [
  {
    point: 'while webhooks are being stored',
    name: 'storing',
    async run(scene) {
      await scene.start();
      const moments = [1, 30, 60];
      const restarts: Promise<void>[] = [];
      const sent = await scene.send({
        onAccepted: (count) => {
          if (moments.includes(count)) restarts.push(scene.kill().then(() => scene.start()));
        },
      });
      await Promise.all(restarts);
      expect(restarts).toHaveLength(moments.length);
      expect(sent.some(({ statuses }) => statuses.includes(0))).toBe(true);
    },
  },
  {
    point: 'with entries claimed and not yet looked up in Odoo',
    name: 'claimed',
    run: (scene) => killWhileWorking(scene, { call: 'read', when: 'arrived' }),
  },
  {
    point: 'between reading and applying',
    name: 'read',
    run: (scene) => killWhileWorking(scene, { call: 'apply', when: 'arrived' }),
  },
  {
    point: 'after Odoo has applied and before the inbox knows',
    name: 'applied',
    run: (scene) => killWhileWorking(scene, { call: 'apply', when: 'answered' }),
  },
  {
    point: 'after Odoo has applied, and once more after the start that followed',
    name: 'twice',
    async run(scene) {
      await killWhileWorking(scene, { call: 'apply', when: 'answered' });
      await killAtCall(scene, { call: 'read', when: 'answered', number: 1 });
      await scene.start();
    },
  },
];

/** Kills at the second call of this kind. The first waits until all is sent, so that the second has most events. */
async function killWhileWorking(
  scene: CrashScene,
  { call, when }: { call: 'read' | 'apply'; when: 'arrived' | 'answered' },
): Promise<void> {
  const allSent = scene.start().then(() => scene.send());
  await Promise.all([killAtCall(scene, { call, when, number: 2, first: allSent }), allSent]);
  await scene.start();
}

for (const { engine, openPlace } of inboxEngines) {
  describe(`a bridge with its inbox on ${engine} has the result of an undisturbed run when it is killed`, () => {
    const openScene = async (name: string) =>
      stage.openScene({ place: await openPlace(), events, name: `${name}-${engine.toLowerCase()}` });
    let undisturbed: Promise<ComparableOutcomes>;
    beforeAll(() => {
      undisturbed = openScene('undisturbed').then(runUndisturbed);
      undisturbed.catch(() => undefined);
    });

    const whileMigrating: KillPoint = {
      point: 'while it brings its inbox to the schema of this release',
      name: 'migrating',
      async run(scene) {
        if (engine === 'SQLite') await interruptSqliteMigration(scene);
        else await interruptPostgresMigration(scene);
        await scene.start();
        // The SQLite file already held the webhooks.
        if (engine === 'PostgreSQL') await scene.send();
      },
    };

    for (const { point, name, run } of [...killPoints, whileMigrating]) {
      it.concurrent(point, async () => {
        const scene = await openScene(name);
        await closingAfterwards(scene, async () => {
          await run(scene);
          const { outcomes, entries } = await scene.finish();
          expectAllAccountedFor(entries, scene.webhooks);
          expectNothingTwice(outcomes);
          expect(outcomes).toEqual(await undisturbed);
        });
      });
    }
  });
}

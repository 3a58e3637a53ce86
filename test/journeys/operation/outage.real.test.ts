import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closingAfterwards, openCrashStage } from '../../support/bridge/crash-stage.ts';
import type { CrashScene, CrashStage } from '../../support/bridge/crash-stage.ts';
import { runUndisturbed } from '../../support/bridge/undisturbed-run.ts';
import { findFreePort } from '../../support/free-port.ts';
import { expectAllAccountedFor, expectNothingTwice } from '../../support/inbox/account-for-entries.ts';
import { openSqlitePlace } from '../../support/inbox/inbox-places.ts';
import { isUnreadable, mixEvents } from '../../support/mails/mixed-events.ts';
import { p99Ms } from '../../support/mails/webhook-sender.ts';
import { eventually } from '../../support/odoo/bridged-odoo.ts';
import type { ComparableOutcomes } from '../../support/odoo/comparable-outcomes.ts';
import { runRealOdooScript } from '../../support/odoo/real-odoo-script.ts';

/** A quarter of the 2,000 webhooks. Most are about mails that this Odoo never sent, since those are cheap for it. */
const events = mixEvents(500, 400);

let stage: CrashStage;
let extraPort: string;
let undisturbed: ComparableOutcomes;
beforeAll(async () => {
  stage = await openCrashStage();
  extraPort = String(await findFreePort());
  await runRealOdooScript('start-extra', extraPort);
  undisturbed = await runUndisturbed(await openScene('undisturbed'));
}, 300_000);
afterAll(async () => {
  await runRealOdooScript('stop-extra', extraPort);
  await stage.close();
});

async function openScene(name: string, odooUrl = stage.odoo.url): Promise<CrashScene> {
  return stage.openScene({ place: await openSqlitePlace(), events, name, odooUrl });
}

type Outage = {
  outage: string;
  name: string;
  odooUrl?: () => string;
  begin: (scene: CrashScene) => Promise<unknown>;
  end: (scene: CrashScene) => Promise<unknown>;
};

const outages: readonly Outage[] = [
  {
    outage: 'Odoo is stopped',
    name: 'stopped',
    odooUrl: () => `http://127.0.0.1:${extraPort}`,
    begin: () => runRealOdooScript('stop-extra', extraPort),
    end: () => runRealOdooScript('start-extra', extraPort),
  },
  {
    outage: 'a proxy answers 502 with HTML in place of Odoo',
    name: 'proxy',
    begin: ({ gate }) => gate.setMode('bad gateway'),
    end: ({ gate }) => gate.setMode('open'),
  },
  {
    outage: 'Odoo accepts calls and never answers',
    name: 'hanging',
    begin: ({ gate }) => gate.setMode('hanging'),
    end: ({ gate }) => gate.setMode('open'),
  },
];

const databaseGone: Outage = {
  outage: 'the database is gone',
  name: 'gone',
  begin: () => runRealOdooScript('take-away', stage.odoo.database),
  end: () => runRealOdooScript('bring-back', stage.odoo.database),
};

async function runThroughOutage({ name, odooUrl, begin, end }: Outage): Promise<string> {
  const scene = await openScene(name, odooUrl?.());
  return closingAfterwards(scene, async () => {
    await scene.start();
    await eventually(scene.readiness, ({ status, odoo }) => status === 200 && odoo === 'up');
    await begin(scene);
    const sent = await scene.send();
    expect(sent.filter(({ statuses }) => statuses.join() !== '200')).toEqual([]);
    // A call that hangs is known as an outage only after a minute.
    if (name !== 'hanging') await eventually(scene.readiness, ({ odoo }) => odoo === 'down');
    expect((await scene.readiness()).status).toBe(200);
    const unreadable = scene.webhooks.filter(isUnreadable).map(({ id }) => id);
    const ended = (await scene.entries()).filter(
      ({ state, outcome, attempts, waits, webhook_id }) =>
        attempts + waits > 0 ||
        (state === 'settled' && outcome !== 'duplicate') ||
        (state === 'parked' && !unreadable.includes(webhook_id)),
    );
    expect(ended).toEqual([]);

    await end(scene);
    const { outcomes, entries } = await scene.finish();
    expectAllAccountedFor(entries, scene.webhooks);
    expectNothingTwice(outcomes);
    expect(outcomes).toEqual(undisturbed);
    const aboutOurMails = entries.filter(({ webhook_id }) => !webhook_id.includes('stranger'));
    expect(aboutOurMails.filter(({ attempts, waits }) => attempts + waits > 0)).toEqual([]);
    return `99 of 100 webhooks answered within ${p99Ms(sent)} ms`;
  });
}

describe('all webhooks get the answer 200, and are applied once afterwards, when they arrive while', () => {
  for (const outage of outages) {
    it.concurrent(outage.outage, async ({ annotate }) => {
      await annotate(await runThroughOutage(outage));
    });
  }

  // Alone, since the others use the same database.
  it(databaseGone.outage, async ({ annotate }) => {
    await annotate(await runThroughOutage(databaseGone));
  });
});

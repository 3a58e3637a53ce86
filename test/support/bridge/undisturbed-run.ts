import { expect } from 'vitest';
import { expectAllAccountedFor, expectNothingTwice } from '../inbox/account-for-entries.ts';
import { countRecordedEvents } from '../mails/mixed-events.ts';
import type { ComparableOutcomes } from '../odoo/comparable-outcomes.ts';
import { closingAfterwards } from './crash-stage.ts';
import type { CrashScene } from './crash-stage.ts';

/** Runs a scene without a disturbance and closes it. The other runs must show in Odoo what this one returns. */
export function runUndisturbed(scene: CrashScene): Promise<ComparableOutcomes> {
  return closingAfterwards(scene, async () => {
    await scene.start();
    await scene.send();
    const { outcomes, entries } = await scene.finish();
    expectAllAccountedFor(entries, scene.webhooks);
    expectNothingTwice(outcomes);
    // If this run missed an event, the others could miss the same one unnoticed.
    const rows = outcomes.messages.flatMap(({ history }) => history);
    expect(rows).toHaveLength(countRecordedEvents(scene.webhooks));
    expect(outcomes.bounces.some((count) => count > 0)).toBe(true);
    return outcomes;
  });
}

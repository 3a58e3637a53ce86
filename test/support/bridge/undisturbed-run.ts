import { expect } from 'vitest';
import { expectAllAccountedFor, expectNothingTwice } from '../inbox/account-for-entries.ts';
import { countRecordedEvents } from '../mails/mixed-events.ts';
import type { ComparableOutcomes } from '../odoo/comparable-outcomes.ts';
import { closingAfterwards } from './crash-stage.ts';
import type { CrashScene } from './crash-stage.ts';

/** What Odoo shows after a run that nothing disturbs: what the others are compared with. Closes the scene. */
export function runUndisturbed(scene: CrashScene): Promise<ComparableOutcomes> {
  return closingAfterwards(scene, async () => {
    await scene.start();
    await scene.send();
    const { outcomes, entries } = await scene.finish();
    expectAllAccountedFor(entries, scene.webhooks);
    expectNothingTwice(outcomes);
    // Were it to miss something itself, the others could miss the same.
    const rows = outcomes.messages.flatMap(({ history }) => history);
    expect(rows).toHaveLength(countRecordedEvents(scene.webhooks));
    expect(outcomes.bounces.some((count) => count > 0)).toBe(true);
    return outcomes;
  });
}

import { afterAll, beforeAll, describe } from 'vitest';
import { describeAlert } from './alert.ts';
import { describeChanges } from './changes.ts';
import { describeDeliver } from './deliver.ts';
import { describeHistory } from './history.ts';
import { describePartial } from './partial.ts';
import { describePending } from './pending.ts';
import { describeRetry } from './retry.ts';
import { describeRights } from './rights.ts';
import { describeRoute } from './route.ts';
import { describeSending } from './sending.ts';
import { openActionsWorld } from './world.ts';
import type { ActionsWorld, ProvisionedOdoo } from './world.ts';

/**
 * Registers the promises of the provisioned actions, for the stand-in and for a real Odoo alike.
 *
 * @param more further suites for this Odoo
 */
export function describeBridgeActions(
  name: string,
  open: () => Promise<ProvisionedOdoo>,
  more: readonly ((opened: () => ActionsWorld) => void)[] = [],
): void {
  describe(`the bridge's actions on ${name}`, () => {
    let world: ActionsWorld;
    beforeAll(async () => {
      world = await openActionsWorld(open);
    }, 60_000);
    afterAll(() => world.close());

    describeRights(() => world);
    describeChanges(() => world);
    describeSending(() => world);
    describeHistory(() => world);
    describeRetry(() => world);
    describeRoute(() => world);
    describeDeliver(() => world);
    describeAlert(() => world);
    describePending(() => world);
    describePartial(() => world);
    for (const describeMore of more) describeMore(() => world);
  });
}

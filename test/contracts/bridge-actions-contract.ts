import { afterAll, beforeAll, describe } from 'vitest';
import { describeAlert } from './bridge-actions-alert.ts';
import { describeChanges } from './bridge-actions-changes.ts';
import { describeDeliver } from './bridge-actions-deliver.ts';
import { describeHistory } from './bridge-actions-history.ts';
import { describeOnce } from './bridge-actions-once.ts';
import { describePartial } from './bridge-actions-partial.ts';
import { describePending } from './bridge-actions-pending.ts';
import { describeRetry } from './bridge-actions-retry.ts';
import { describeRights } from './bridge-actions-rights.ts';
import { describeRoute } from './bridge-actions-route.ts';
import { describeSending } from './bridge-actions-sending.ts';
import { openActionsWorld, type ActionsWorld, type ProvisionedOdoo } from './bridge-actions-world.ts';

/** What the provisioned actions promise, on the stand-in and on a real Odoo alike. */
export function describeBridgeActions(name: string, open: () => Promise<ProvisionedOdoo>): void {
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
    describeOnce(() => world);
    describeRetry(() => world);
    describeRoute(() => world);
    describeDeliver(() => world);
    describeAlert(() => world);
    describePending(() => world);
    describePartial(() => world);
  });
}

import type { Administrator } from './administrator.ts';
import { eventually } from './bridged-odoo.ts';

const due = '2020-01-01 00:00:00';

/** A job of the bridge under Odoo's scheduled actions, by the two ways in which it can run. */
export type ScheduledJob = {
  id: number;
  /** The button "Run Manually". @throws Error when the job fails or runs already */
  runByHand(): Promise<void>;
  /** What Odoo's scheduler does once the job is due. */
  runBySchedule(): Promise<void>;
};

/** @param name external id without module and `cron_` */
export async function findScheduledJob(administrator: Administrator, name: string): Promise<ScheduledJob> {
  const [, id] = (await administrator.call('ir.model.data', 'check_object_reference', [
    'sweego_bridge',
    `cron_${name}`,
  ])) as [string, number];
  return {
    id,
    async runByHand() {
      const answer = await administrator.call('ir.cron', 'method_direct_trigger', [[id]]);
      if (answer !== true) throw new Error(`The job ${name} failed: ${JSON.stringify(answer)}`);
    },
    async runBySchedule() {
      await administrator.call('ir.cron', 'write', [[id], { nextcall: due }]);
      await administrator.runPython(
        `
cursor = env.registry.cursor()
try:
    env['ir.cron']._process_jobs_loop(cursor, job_ids=[${id}])
finally:
    cursor.close()
`,
      );
      // The running Odoo's own scheduler may have been quicker.
      await eventually(
        async () =>
          (await administrator.call('ir.cron', 'read', [[id], ['nextcall']])) as { nextcall: string }[],
        ([job]) => job?.nextcall !== due,
      );
    },
  };
}

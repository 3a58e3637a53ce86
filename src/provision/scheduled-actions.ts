import type { DesiredRecord } from './desired-state.ts';

/**
 * A job under Settings → Technical → Scheduled Actions. Once it exists, its active flag and its interval belong to the
 * administrator. The job and its action are two records, because Odoo keeps the action when the job is removed.
 */
export function scheduledAction(
  name: string,
  {
    label,
    code,
    every,
  }: { label: string; code: string; every: { number: number; unit: 'minutes' | 'days' } },
): readonly DesiredRecord[] {
  return [
    {
      externalId: `action_${name}`,
      model: 'ir.actions.server',
      values: { name: label, model_id: { model: 'mail.mail' }, state: 'code', usage: 'ir_cron', code },
    },
    {
      externalId: `cron_${name}`,
      model: 'ir.cron',
      values: { name: label, ir_actions_server_id: { ref: `action_${name}` } },
      createOnly: {
        user_id: { ref: 'base.user_root' },
        interval_number: every.number,
        interval_type: every.unit,
        active: true,
      },
    },
  ];
}

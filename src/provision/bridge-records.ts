import type { DesiredRecord } from './desired-state.ts';
import { eventModelRecord, eventModelRecords } from './event-model.ts';
import { fieldRecords } from './fields.ts';
import { actionRights, bridgeGroup } from './rights.ts';
import { scheduledAction } from './scheduled-actions.ts';
import { viewRecords } from './views.ts';

/** The files of `actions/`, without their ending. */
export const actionNames = [
  'settings',
  'read',
  'apply',
  'route',
  'deliver',
  'alert',
  'pending',
  'find',
  'reconcile',
  'silent_bridge',
  'release',
  'mail_created',
  'confirm_and_delete',
  'mark_undelivered',
] as const;

/** The Python of the provisioned actions, by the name of the file. */
export type ActionSources = Readonly<Record<(typeof actionNames)[number], string>>;

/** The external ids of the actions that the bridge calls. */
const callableActions = [
  'action_settings',
  'action_read',
  'action_apply',
  'action_route',
  'action_deliver',
  'action_alert',
  'action_pending',
  'action_find',
] as const;

/** The modules of Odoo that must be installed first. */
export const requiredModules = ['mail', 'base_automation'] as const;

/** The public module that does the same job inside Odoo. Both would rewrite Reply-To. */
export const conflictingModule = 'mangono_sweego_mail';

/**
 * Returns all records that must exist in Odoo. A record comes after those that it refers to. The code of the automation
 * rule comes last: until it exists, no mail changes.
 */
export function bridgeRecords(sources: ActionSources): readonly DesiredRecord[] {
  return [
    eventModelRecord,
    ...fieldRecords,
    ...eventModelRecords,
    bridgeGroup,
    callableAction('action_settings', 'Sweego bridge: settings', sources.settings),
    callableAction('action_read', 'Sweego bridge: read messages', sources.read),
    callableAction('action_apply', 'Sweego bridge: apply changes', sources.apply),
    callableAction('action_route', 'Sweego bridge: find the document of a reply', sources.route),
    callableAction('action_deliver', 'Sweego bridge: deliver a reply', sources.deliver),
    callableAction('action_alert', 'Sweego bridge: show a parked reply', sources.alert),
    callableAction('action_pending', 'Sweego bridge: mails that wait for Sweego', sources.pending),
    callableAction('action_find', 'Sweego bridge: find the messages of a document', sources.find),
    ...actionRights(callableActions),
    ...viewRecords,
    ...scheduledAction('reconcile', {
      label: 'Sweego: delivery log synchronisation',
      code: sources.reconcile,
      every: { number: 30, unit: 'minutes' },
    }),
    ...scheduledAction('silent_bridge', {
      label: 'Sweego: notice a silent bridge',
      code: sources.silent_bridge,
      every: { number: 5, unit: 'minutes' },
    }),
    ...scheduledAction('release', {
      label: 'Sweego: delete kept mails',
      code: sources.release,
      every: { number: 1, unit: 'days' },
    }),
    administratorAction(
      'action_confirm_and_delete',
      'Sweego: confirm and delete',
      sources.confirm_and_delete,
    ),
    administratorAction('action_mark_undelivered', 'Sweego: mark undelivered', sources.mark_undelivered),
    {
      externalId: 'automation_mail_created',
      model: 'base.automation',
      values: {
        name: 'Sweego bridge: sign new mails',
        model_id: { model: 'mail.mail' },
        trigger: 'on_create',
        active: true,
      },
    },
    {
      externalId: 'action_mail_created',
      model: 'ir.actions.server',
      values: {
        name: 'Sweego bridge: sign new mails',
        model_id: { model: 'mail.mail' },
        state: 'code',
        usage: 'base_automation',
        base_automation_id: { ref: 'automation_mail_created' },
        code: sources.mail_created,
      },
    },
  ];
}

function callableAction(externalId: string, name: string, code: string): DesiredRecord {
  return {
    externalId,
    model: 'ir.actions.server',
    values: {
      name,
      model_id: { model: 'mail.mail' },
      state: 'code',
      group_ids: { refs: [bridgeGroup.externalId] },
      code,
    },
  };
}

/** An entry for administrators in the Action menu of mail.mail's list and form. */
function administratorAction(externalId: string, name: string, code: string): DesiredRecord {
  return {
    externalId,
    model: 'ir.actions.server',
    values: {
      name,
      model_id: { model: 'mail.mail' },
      state: 'code',
      group_ids: { refs: ['base.group_system'] },
      binding_model_id: { model: 'mail.mail' },
      binding_type: 'action',
      binding_view_types: 'list,form',
      code,
    },
  };
}

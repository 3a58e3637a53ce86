import type { DesiredRecord } from './desired-state.ts';
import { eventModelRecord, eventModelRecords } from './event-model.ts';
import { fieldRecords } from './fields.ts';
import { actionRights, bridgeGroup } from './rights.ts';
import { viewRecords } from './views.ts';

/** The Python of the provisioned actions, by the name of its file in `actions/`. */
export type ActionSources = Readonly<Record<'settings' | 'read' | 'apply' | 'mail_created', string>>;

/** Actions that the bridge calls, as external ids. */
export const callableActions = ['action_settings', 'action_read', 'action_apply'] as const;

/** Modules of Odoo that must be there first. */
export const requiredModules = ['mail', 'base_automation'] as const;

/** The public module that does the same job from inside: both would rewrite Reply-To. */
export const conflictingModule = 'mangono_sweego_mail';

/**
 * Everything that must exist in Odoo, in an order in which each record finds what it refers to. The
 * automation rule's code comes last: until it is there, nothing changes for anybody's mail.
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
    ...actionRights(callableActions),
    ...viewRecords,
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

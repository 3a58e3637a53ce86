import type { DesiredRecord } from './desired-state.ts';

/** The group that may run the bridge's actions and may do nothing else. */
export const bridgeGroup: DesiredRecord = {
  externalId: 'group_bridge',
  model: 'res.groups',
  values: {
    name: 'Sweego bridge',
    comment: 'May run the actions of the Sweego bridge. Gives no access to records.',
  },
};

/**
 * Lets members of the group find the ids of the bridge's own actions, and no other records of that model. They cannot
 * read the code: only system administrators may read that field. Administrators in the group still see all actions.
 */
export function actionRights(actionExternalIds: readonly string[]): readonly DesiredRecord[] {
  return [
    {
      externalId: 'rule_bridge_actions',
      model: 'ir.rule',
      values: {
        name: 'Sweego bridge: its own actions',
        model_id: { model: 'ir.actions.server' },
        groups: { refs: [bridgeGroup.externalId] },
        domain_force: {
          idsOf: actionExternalIds,
          template: "[(1, '=', 1)] if user.has_group('base.group_system') else [('id', 'in', [%ids%])]",
        },
        perm_read: true,
        perm_write: true,
        perm_create: true,
        perm_unlink: true,
      },
    },
    {
      externalId: 'access_bridge_actions',
      model: 'ir.model.access',
      values: {
        name: 'Sweego bridge: its own actions',
        model_id: { model: 'ir.actions.server' },
        group_id: { ref: bridgeGroup.externalId },
        perm_read: true,
        perm_write: false,
        perm_create: false,
        perm_unlink: false,
      },
    },
  ];
}

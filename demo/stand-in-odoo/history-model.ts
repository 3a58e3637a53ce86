import { eventFields, eventModel } from '../../src/provision/event-model.ts';
import type { Field, Model } from './field.ts';

/** The bridge's history as it is provisioned: `x_name` comes with every manual model of Odoo. */
export const historyModel: Model = {
  name: eventModel,
  label: 'Sweego event',
  displayField: 'x_name',
  fields: {
    x_name: { type: 'char' },
    ...Object.fromEntries(
      eventFields.map(({ name, type, relation }): [string, Field] => [
        name,
        { type, ...(relation === undefined ? {} : { relation }) },
      ]),
    ),
  },
};

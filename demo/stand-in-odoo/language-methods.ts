import { requireAccess } from './caller.ts';
import { userError } from './faults.ts';
import type { Method } from './method.ts';

/** Odoo keeps its base language and every active one (base/models/res_lang.py). */
export const languageMethods: Readonly<Record<string, Method>> = {
  'res.lang.unlink': {
    on: 'records',
    run({ records, caller, model, ids }) {
      requireAccess(records, caller, model, 'unlink', ids);
      for (const language of records.read(model, ids, ['code', 'active'])) {
        if (language['code'] === 'en_US' || language['active'] === true) {
          throw userError(`The language ${String(language['code'])} cannot be deleted.`);
        }
      }
      records.unlink(model, ids);
      return true;
    },
  },
};

import { z } from 'zod';
import { bridgeError } from '../errors.ts';
import type { Odoo } from './odoo.ts';

const Rows = z.array(z.looseObject({ id: z.number().int() }));
const Ids = z.array(z.number().int());

type OdooRow = z.infer<typeof Rows>[number];

/**
 * Odoo's `search_read`, `create`, `write` and `unlink`, with checked answers. They work as Odoo documents them; the
 * comments here say only what differs.
 *
 * @throws BridgeError ODOO_* as `Odoo.call` does; ODOO_BAD_ANSWER when the answer has another shape
 */
export type OdooRecords = {
  /** Archived records are included. */
  search(
    model: string,
    domain: readonly unknown[],
    fields: readonly string[],
    order?: string,
  ): Promise<OdooRow[]>;
  create(model: string, values: readonly Readonly<Record<string, unknown>>[]): Promise<number[]>;
  write(model: string, ids: readonly number[], values: Readonly<Record<string, unknown>>): Promise<void>;
  unlink(model: string, ids: readonly number[]): Promise<void>;
};

export function createOdooRecords(odoo: Odoo, context: Readonly<Record<string, unknown>> = {}): OdooRecords {
  return {
    async search(model, domain, fields, order = 'id') {
      const answer = await odoo.call({
        model,
        method: 'search_read',
        arguments: { domain, fields, order },
        context: { ...context, active_test: false },
      });
      return checked(Rows, answer, model, 'search_read');
    },
    async create(model, values) {
      const answer = await odoo.call({ model, method: 'create', arguments: { vals_list: values }, context });
      return checked(Ids, answer, model, 'create');
    },
    async write(model, ids, values) {
      await odoo.call({ model, method: 'write', ids, arguments: { vals: values }, context });
    },
    async unlink(model, ids) {
      await odoo.call({ model, method: 'unlink', ids, context });
    },
  };
}

function checked<T>(schema: z.ZodType<T>, answer: unknown, model: string, method: string): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw bridgeError('ODOO_BAD_ANSWER', `Odoo answered ${model}.${method} otherwise than documented`, {
    fix: 'Check that ODOO_URL leads to an Odoo 19.',
    scope: 'odoo',
    cause: parsed.error,
    details: { model, method },
  });
}

import { expect, test } from 'vitest';
import type { OdooTransport } from '../../../src/odoo/create-odoo.ts';
import { connectTo } from './contract-odoo.ts';
import type { ContractOdoo } from './contract-odoo.ts';

const missingId = 99_999_999;

/** What a call returns when Odoo does the requested work. */
export function odooAnswers(transport: OdooTransport, odoo: () => ContractOdoo): void {
  const call = (model: string, method: string, rest: object = {}) =>
    connectTo(odoo(), transport).call({ model, method, ...rest });

  const createPartners = (...values: object[]) =>
    call('res.partner', 'create', { arguments: { vals_list: values } }) as Promise<number[]>;

  test('reports its version without credentials', async () => {
    const version = await connectTo(odoo(), transport, { secret: 'wrong', database: 'none' }).version();
    expect(version.serie).toBe('19.0');
    expect(version.version).toMatch(/^19\.0/);
  });

  test('creates records from a list and returns a list of ids, even for a single record', async () => {
    expect(await createPartners({ name: 'One' })).toEqual([expect.any(Number)]);
    const ids = await createPartners({ name: 'Two' }, { name: 'Three' });
    expect(ids).toHaveLength(2);
    const rows = await call('res.partner', 'read', { ids, arguments: { fields: ['name'] } });
    expect(rows).toEqual([
      { id: ids[0], name: 'Two' },
      { id: ids[1], name: 'Three' },
    ]);
  });

  test('returns every text exactly as it was sent', async () => {
    const name = 'Écoles & “cités” 😀 \u00a0 Ж <b>]]></b>\r\nline ]]> two\r\tend';
    const ids = await createPartners({ name });
    const found = await call('res.partner', 'search_read', {
      arguments: {
        domain: [
          ['name', '=', name],
          ['id', 'in', ids],
        ],
        fields: ['name'],
      },
    });
    expect(found).toEqual([{ id: ids[0], name }]);
  });

  test('returns false for an empty field, even when it was written as null', async () => {
    const ids = await createPartners({ name: 'No address', email: null });
    const rows = await call('res.partner', 'read', { ids, arguments: { fields: ['email'] } });
    expect(rows).toEqual([{ id: ids[0], email: false }]);
  });

  test('returns null where Python returns None, and the work is done', async () => {
    const values = { state: 'outgoing', email_to: 'ann@example.com', auto_delete: false };
    const ids = await call('mail.mail', 'create', { arguments: { vals_list: [values] } });
    expect(await call('mail.mail', 'send', { ids })).toBeNull();
    // No mail server exists, so the mail fails. The failed state proves that Odoo committed the work.
    const rows = await call('mail.mail', 'read', { ids, arguments: { fields: ['state'] } });
    expect(rows).toMatchObject([{ state: 'exception' }]);
  });

  test('accepts whole numbers over 32 bits, such as a time in milliseconds', async () => {
    const ids = await createPartners({ name: 'Counted' });
    const domain = [
      ['id', 'in', [...ids, 1_772_438_400_000]],
      ['id', '<', 3_000_000_000],
      ['id', '!=', -3_000_000_000],
    ];
    expect(await call('res.partner', 'search', { arguments: { domain } })).toEqual(ids);
  });

  test('does not change the arguments of the caller', async () => {
    const values = { name: 'Mine', email: undefined };
    const given = { model: 'res.partner', method: 'create', arguments: { vals_list: [values] } };
    const before = structuredClone(given);
    await connectTo(odoo(), transport).call(given);
    expect(given).toEqual(before);
  });

  test('passes the context on', async () => {
    const ids = await createPartners({ name: 'Archived', active: false });
    const search = (context?: object) =>
      call('res.partner', 'search', {
        arguments: { domain: [['id', 'in', ids]] },
        ...(context && { context }),
      });
    expect(await search()).toEqual([]);
    expect(await search({ active_test: false })).toEqual(ids);
  });

  test('changes and deletes only the records with the given ids', async () => {
    const ids = await createPartners({ name: 'Before' }, { name: 'Before' });
    expect(await call('res.partner', 'write', { ids, arguments: { vals: { name: 'After' } } })).toBe(true);
    expect(await call('res.partner', 'unlink', { ids: ids.slice(0, 1) })).toBe(true);
    const remaining = await call('res.partner', 'read', { ids, arguments: { fields: ['name'] } });
    expect(remaining).toEqual([{ id: ids[1], name: 'After' }]);
  });

  test('returns no row for a record that does not exist', async () => {
    const rows = await call('res.partner', 'read', { ids: [missingId], arguments: { fields: ['name'] } });
    expect(rows).toEqual([]);
  });

  test('returns true for a write on a mail that does not exist, so true proves nothing', async () => {
    const written = await call('mail.mail', 'write', {
      ids: [missingId],
      arguments: { vals: { failure_reason: 'none' } },
    });
    expect(written).toBe(true);
  });

  test('gives every concurrent call its own result', async () => {
    const connection = connectTo(odoo(), transport);
    const ids = await createPartners({ name: 'A' }, { name: 'B' }, { name: 'C' }, { name: 'D' });
    const rows = await Promise.all(
      ids.map((id) =>
        connection.call({ model: 'res.partner', method: 'read', ids: [id], arguments: { fields: ['name'] } }),
      ),
    );
    expect(rows).toEqual(ids.map((id, index) => [{ id, name: 'ABCD'[index] }]));
  });
}

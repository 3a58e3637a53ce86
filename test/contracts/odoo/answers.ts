import { expect, test } from 'vitest';
import type { OdooTransport } from '../../../src/odoo/create-odoo.ts';
import { connectTo } from './contract-odoo.ts';
import type { ContractOdoo } from './contract-odoo.ts';

const missingId = 99_999_999;

/** What a call brings back when Odoo does what it was asked. */
export function odooAnswers(transport: OdooTransport, odoo: () => ContractOdoo): void {
  const call = (model: string, method: string, rest: object = {}) =>
    connectTo(odoo(), transport).call({ model, method, ...rest });

  const createPartners = (...values: object[]) =>
    call('res.partner', 'create', { arguments: { vals_list: values } }) as Promise<number[]>;

  test('tells its version without credentials', async () => {
    const version = await connectTo(odoo(), transport, { secret: 'wrong', database: 'none' }).version();
    expect(version.serie).toBe('19.0');
    expect(version.version).toMatch(/^19\.0/);
  });

  test('creates from a list and answers with a list of ids, even for a single record', async () => {
    expect(await createPartners({ name: 'One' })).toEqual([expect.any(Number)]);
    const ids = await createPartners({ name: 'Two' }, { name: 'Three' });
    expect(ids).toHaveLength(2);
    const rows = await call('res.partner', 'read', { ids, arguments: { fields: ['name'] } });
    expect(rows).toEqual([
      { id: ids[0], name: 'Two' },
      { id: ids[1], name: 'Three' },
    ]);
  });

  test('brings every text back as it was sent', async () => {
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

  test('answers false for an empty field, also for one that was given as null', async () => {
    const ids = await createPartners({ name: 'No address', email: null });
    const rows = await call('res.partner', 'read', { ids, arguments: { fields: ['email'] } });
    expect(rows).toEqual([{ id: ids[0], email: false }]);
  });

  test('answers null where Python returns None, and has done the work', async () => {
    const values = { state: 'outgoing', email_to: 'ann@example.com', auto_delete: false };
    const ids = await call('mail.mail', 'create', { arguments: { vals_list: [values] } });
    expect(await call('mail.mail', 'send', { ids })).toBeNull();
    // There is no mail server, so the mail fails; that is what was committed.
    const rows = await call('mail.mail', 'read', { ids, arguments: { fields: ['state'] } });
    expect(rows).toMatchObject([{ state: 'exception' }]);
  });

  test('takes whole numbers over 32 bits, such as a time in milliseconds, for what they are', async () => {
    const ids = await createPartners({ name: 'Counted' });
    const domain = [
      ['id', 'in', [...ids, 1_772_438_400_000]],
      ['id', '<', 3_000_000_000],
      ['id', '!=', -3_000_000_000],
    ];
    expect(await call('res.partner', 'search', { arguments: { domain } })).toEqual(ids);
  });

  test('leaves the arguments as they were given', async () => {
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

  test('changes and deletes the records that are named by id', async () => {
    const ids = await createPartners({ name: 'Before' }, { name: 'Before' });
    expect(await call('res.partner', 'write', { ids, arguments: { vals: { name: 'After' } } })).toBe(true);
    expect(await call('res.partner', 'unlink', { ids: ids.slice(0, 1) })).toBe(true);
    const left = await call('res.partner', 'read', { ids, arguments: { fields: ['name'] } });
    expect(left).toEqual([{ id: ids[1], name: 'After' }]);
  });

  test('leaves a record out of what it reads when it does not exist', async () => {
    const rows = await call('res.partner', 'read', { ids: [missingId], arguments: { fields: ['name'] } });
    expect(rows).toEqual([]);
  });

  test('says true to a write on a mail that does not exist, so true proves nothing', async () => {
    const written = await call('mail.mail', 'write', {
      ids: [missingId],
      arguments: { vals: { failure_reason: 'none' } },
    });
    expect(written).toBe(true);
  });

  test('answers calls made at the same time each with its own result', async () => {
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

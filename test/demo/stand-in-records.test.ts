import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStandIn } from './open-stand-in.ts';
import type { OpenStandIn } from './open-stand-in.ts';

let open: OpenStandIn;
beforeAll(async () => {
  open = await openStandIn();
});
afterAll(() => open.close());

const call = (
  model: string,
  method: string,
  options: { ids?: number[]; args?: Record<string, unknown>; context?: Record<string, unknown> } = {},
) =>
  open.admin.call({
    model,
    method,
    ...(options.ids && { ids: options.ids }),
    ...(options.context && { context: options.context }),
    arguments: options.args ?? {},
  });
const search = (model: string, domain: unknown) => call(model, 'search', { args: { domain } });

test('finds records by every operator that the bridge and the tests use', async () => {
  const ids = (await call('res.partner', 'create', {
    args: {
      vals_list: [
        { name: 'Domain One', email: 'One@example.com' },
        { name: 'Domain Two', email: false },
        { name: 'Other' },
      ],
    },
  })) as number[];
  const [one, two, other] = ids;
  const among = (...domain: unknown[]) => search('res.partner', [['id', 'in', ids], ...domain]);
  expect(await among(['email', '=', false])).toEqual([two, other]);
  expect(await among(['name', 'ilike', 'domain'])).toEqual([one, two]);
  expect(await among(['name', '!=', 'Other'])).toEqual([one, two]);
  expect(await among(['id', '<', two])).toEqual([one]);
});

test('finds a mail by a field of its message', async () => {
  const message = await open.mails.postMessage((await open.mails.createOrder(1)).id, [1]);
  expect(await search('mail.mail', [['message_id', '=', message.messageId]])).toHaveLength(1);
});

test('refuses an unknown field, a bad selection value and a wrong domain as a ValueError', async () => {
  const value = { code: 'ODOO_VALUE' };
  await expect(search('res.partner', [['no_such_field', '=', 1]])).rejects.toMatchObject(value);
  await expect(search('res.partner', [['name', 'resembles', 'x']])).rejects.toMatchObject(value);
  await expect(search('res.partner', ['name'])).rejects.toMatchObject(value);
  const writeMail = (vals: Record<string, unknown>) =>
    call('mail.mail', 'write', { ids: [1], args: { vals } });
  await open.mails.postMessage((await open.mails.createOrder(1)).id, [1]);
  await expect(writeMail({ failure_type: 'mail_bounce' })).rejects.toMatchObject(value);
  await expect(writeMail({ no_such_field: 1 })).rejects.toMatchObject(value);
});

test('answers for missing records as Odoo does: write is true, read is empty, unlink fails', async () => {
  expect(await call('res.partner', 'write', { ids: [99_999], args: { vals: { name: 'x' } } })).toBe(true);
  expect(await call('res.partner', 'read', { ids: [99_999], args: { fields: ['name'] } })).toEqual([]);
  await expect(call('res.partner', 'unlink', { ids: [99_999] })).rejects.toMatchObject({
    code: 'ODOO_RECORD_MISSING',
  });
});

test('undoes a whole create when one of its records is wrong', async () => {
  const create = call('res.partner', 'create', {
    args: { vals_list: [{ name: 'Half a batch' }, { nonsense: 1 }] },
  });
  await expect(create).rejects.toMatchObject({ code: 'ODOO_VALUE' });
  expect(await search('res.partner', [['name', '=', 'Half a batch']])).toEqual([]);
});

test('removes a document’s messages, mails and notifications with it', async () => {
  const order = await open.mails.createOrder(1);
  const message = await open.mails.postMessage(order.id, [1]);
  await call('sale.order', 'unlink', { ids: [order.id] });
  expect(await search('mail.message', [['id', '=', message.id]])).toEqual([]);
  expect(await open.mails.mailsOf(message.id)).toEqual([]);
  expect(await open.mails.notificationsOf(message.id)).toEqual([]);
});

test('keeps and removes system parameters', async () => {
  const get = () => call('ir.config_parameter', 'get_param', { args: { key: 'a.key' } });
  expect(await get()).toBe(false);
  await call('ir.config_parameter', 'set_param', { args: { key: 'a.key', value: 'one' } });
  expect(await get()).toBe('one');
  expect(await call('ir.config_parameter', 'set_param', { args: { key: 'a.key', value: false } })).toBe(
    'one',
  );
  expect(await get()).toBe(false);
});

test('hides archived records unless they are asked for', async () => {
  const id = await open.mails.createContact('Archived', 'archived@example.com');
  await call('res.partner', 'write', { ids: [id], args: { vals: { active: false } } });
  const domain = [['id', '=', id]];
  expect(await search('res.partner', domain)).toEqual([]);
  expect(await call('res.partner', 'search', { args: { domain }, context: { active_test: false } })).toEqual([
    id,
  ]);
});

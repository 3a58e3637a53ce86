import { z } from 'zod';
import { bridgeError } from '../errors.ts';
import type { Odoo } from './odoo.ts';
import { createOdooRecords } from './records.ts';

const actionName = 'Sweego bridge: API key (removed after use)';

/**
 * Makes an API key without expiry on behalf of another user. Portal users cannot make one on screen, and
 * `res.users.apikeys._generate` is private over the external API. So a server action makes it, which exists only
 * during the call. When a run is interrupted, the next run removes the action that it left.
 *
 * Older keys of that user with the same name are removed. Odoo shows a key only once, so a new key replaces one that
 * was lost.
 *
 * @returns the key in clear; nobody can read it again
 * @throws BridgeError ODOO_*; ODOO_BAD_ANSWER when no key comes back
 */
export async function createApiKey(odoo: Odoo, userId: number, keyName: string): Promise<string> {
  const records = createOdooRecords(odoo);
  const [model] = await records.search('ir.model', [['model', '=', 'res.users']], ['id']);
  await removeAction(odoo);
  const [actionId] = await records.create('ir.actions.server', [
    {
      name: actionName,
      model_id: model?.id,
      state: 'code',
      code: [
        "wanted = env.context['sweego_bridge']",
        "keys = env['res.users.apikeys'].with_user(wanted['user_id']).sudo()",
        "keys.search([('user_id', '=', wanted['user_id']), ('name', '=', wanted['name'])])._remove()",
        "action = keys._generate('rpc', wanted['name'], None)",
      ].join('\n'),
    },
  ]);
  try {
    const answer = await odoo.call({
      model: 'ir.actions.server',
      method: 'run',
      ids: [actionId ?? 0],
      context: { sweego_bridge: { user_id: userId, name: keyName } },
    });
    return parseKey(answer);
  } finally {
    await removeAction(odoo);
  }
}

async function removeAction(odoo: Odoo): Promise<void> {
  const records = createOdooRecords(odoo);
  const rows = await records.search('ir.actions.server', [['name', '=', actionName]], ['id']);
  if (rows.length > 0) {
    await records.unlink(
      'ir.actions.server',
      rows.map((row) => row.id),
    );
  }
}

function parseKey(answer: unknown): string {
  const parsed = z.string().min(20).safeParse(answer);
  if (parsed.success) return parsed.data;
  throw bridgeError('ODOO_BAD_ANSWER', 'Odoo made no API key', {
    fix: 'Run provision --new-key.',
    scope: 'odoo',
  });
}

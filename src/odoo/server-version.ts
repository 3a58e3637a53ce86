import { z } from 'zod';
import type { Exchange } from './exchange.ts';
import { faultOfAnswer } from './fault.ts';
import { readJsonBody } from './json-body.ts';
import { odooError } from './odoo-error.ts';
import type { CallSite } from './odoo-error.ts';
import type { OdooVersion } from './odoo.ts';

const VersionAnswer = z.object({
  version: z.string(),
  version_info: z.tuple([z.union([z.number(), z.string()]), z.number()], z.unknown()),
});

/**
 * Asks `/web/version` (module rpc). It needs no login and no database, and is the same for every transport.
 *
 * @throws BridgeError ODOO_UNREACHABLE, ODOO_TIMEOUT, ODOO_UNAVAILABLE, ODOO_NOT_ODOO
 */
export async function readServerVersion(exchange: Exchange, transport: string): Promise<OdooVersion> {
  const site: CallSite = { transport, step: 'version' };
  const answer = await exchange.send({ method: 'GET', path: '/web/version', headers: {} }, site);
  if (answer.status !== 200) {
    throw faultOfAnswer(answer, site);
  }
  const parsed = VersionAnswer.safeParse(readJsonBody(answer)?.value);
  if (!parsed.success) {
    throw odooError('ODOO_NOT_ODOO', site, { cause: parsed.error, details: { status: answer.status } });
  }
  const [major, minor] = parsed.data.version_info;
  return { serie: `${major}.${minor}`, version: parsed.data.version };
}

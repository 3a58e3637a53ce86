import { readFileSync } from 'node:fs';
import type { ProvisionConfig } from '../config.ts';
import { ensureBridgeUser } from '../flows/provisioning/bridge-user.ts';
import type { BridgeUser } from '../flows/provisioning/bridge-user.ts';
import { planBridge, provisionBridge } from '../flows/provisioning/provision.ts';
import { planBridgeRemoval, removeBridge } from '../flows/provisioning/remove.ts';
import { sendHttpRequest } from '../http-client.ts';
import { createOdoo } from '../odoo/create-odoo.ts';
import type { Odoo } from '../odoo/odoo.ts';
import { joinActionSources } from '../provision/action-sources.ts';
import type { PlannedChange } from '../provision/desired-state.ts';

export type ProvisionOptions = {
  /** Only shows what would change. */
  plan: boolean;
  /** Removes what earlier runs created. */
  remove: boolean;
  createUser: boolean;
  newKey: boolean;
  json: boolean;
};

/** Time limit of one call, milliseconds: Odoo rebuilds its registry after a change of fields. */
const timeoutMs = 120_000;

/**
 * Installs in Odoo what the bridge needs, or removes it, with an administrator's credentials.
 *
 * @param out writes one line of the result to the terminal, the only place where a new API key appears
 * @throws BridgeError PROVISION_*, ODOO_*
 */
export async function runProvision(
  config: ProvisionConfig,
  options: ProvisionOptions,
  out: (line: string) => void,
): Promise<void> {
  const { transport, url, database, login, secret } = config.administrator;
  const connection = { url, database, secret, timeoutMs, ...(login === undefined ? {} : { login }) };
  const odoo = createOdoo(transport, connection, sendHttpRequest);
  try {
    const changes = await changesOf(odoo, options);
    const wantsUser = (options.createUser || options.newKey) && !options.plan && !options.remove;
    const user = wantsUser ? await ensureBridgeUser(odoo, options.newKey) : undefined;
    if (options.json) out(JSON.stringify({ changes, ...(user === undefined ? {} : { user }) }));
    else for (const line of describe(changes, options, user)) out(line);
  } finally {
    await odoo.close();
  }
}

function changesOf(odoo: Odoo, options: ProvisionOptions): Promise<PlannedChange[]> {
  if (options.remove) return options.plan ? planBridgeRemoval(odoo) : removeBridge(odoo);
  const deps = { odoo, sources: joinActionSources(readActionFile) };
  return options.plan ? planBridge(deps) : provisionBridge(deps);
}

function readActionFile(path: string): string {
  return readFileSync(new URL(`../provision/actions/${path}`, import.meta.url), 'utf8');
}

function describe(
  changes: readonly PlannedChange[],
  options: ProvisionOptions,
  user: BridgeUser | undefined,
): string[] {
  const lines = changes.map(describeChange);
  const done = options.plan ? 'would change' : 'changed';
  lines.push(changes.length === 0 ? 'Nothing to change.' : `${changes.length} records ${done}.`);
  if (user === undefined) return lines;
  if (user.api_key === null) {
    return [...lines, `User ${user.login} exists. For another API key, run: provision --new-key`];
  }
  return [
    ...lines,
    `User: ${user.login}`,
    `API key (shown only now, set it as ODOO_API_KEY): ${user.api_key}`,
  ];
}

function describeChange(change: PlannedChange): string {
  if (change.action === 'install') return `install module ${change.name}`;
  const fields = change.action === 'update' ? ` (${change.fields.join(', ')})` : '';
  return `${change.action.padEnd(6)} ${change.model} ${change.externalId}${fields}`;
}

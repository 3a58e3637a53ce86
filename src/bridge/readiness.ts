import { BridgeError } from '../errors.ts';
import type { SettingsKeeper } from '../flows/settings/settings-keeper.ts';
import type { Worker } from '../flows/worker/worker.ts';
import type { Readiness } from '../http/status.ts';
import type { Inbox } from '../inbox/inbox.ts';

/** How long an answer is reused, milliseconds: each new one costs a durable write. */
const freshMs = 2_000;

type ReadinessDeps = {
  inbox: Pick<Inbox, 'holdLease' | 'status'>;
  settings: Pick<SettingsKeeper, 'current' | 'knowsOdooSecrets' | 'secretsFor' | 'lastError'>;
  worker: Pick<Worker, 'contact'>;
  now: () => Date;
};

/**
 * Finds out whether webhooks can be accepted, at most every two seconds. It tests the inbox with a real write: it
 * renews a dummy lease. All processes use the same holder name, because renewing another holder's lease writes nothing.
 * Settings count as known too when the environment has a secret, because webhooks are accepted then. The returned
 * function never throws.
 */
export function createReadiness(deps: ReadinessDeps): () => Promise<Readiness> {
  let last: { at: number; answer: Promise<Readiness> } | undefined;
  return () => {
    const at = deps.now().getTime();
    if (last === undefined || Math.abs(at - last.at) > freshMs) last = { at, answer: look(deps) };
    return last.answer;
  };
}

async function look(deps: ReadinessDeps): Promise<Readiness> {
  const { inbox, settings } = deps;
  const isInboxWritable = await inbox
    .holdLease({ name: 'readiness', holder: 'anybody', ttlMs: 0, now: deps.now() })
    .then(() => true)
    .catch(() => false);
  const status = await inbox.status().catch(() => undefined);
  return {
    isInboxWritable,
    areSettingsKnown: settings.knowsOdooSecrets() || settings.secretsFor('outbound').length > 0,
    odoo: odooState(deps),
    inbox: status,
  };
}

function odooState({ settings, worker }: ReadinessDeps): Readiness['odoo'] {
  const contact = worker.contact();
  if (contact.state === 'down') return { state: 'down', code: contact.code };
  const error = settings.lastError();
  if (error !== undefined) {
    return { state: 'down', code: error instanceof BridgeError ? error.code : 'UNEXPECTED' };
  }
  return { state: settings.current() === undefined ? contact.state : 'up' };
}

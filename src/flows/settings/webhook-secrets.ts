import { BridgeError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { ServerSecrets } from '../../odoo/bridge-answers.ts';
import { parseSigningSecret } from '../../sweego/signature.ts';
import type { SigningSecret } from '../../sweego/signature.ts';

/** The secrets that verify webhooks, by direction. */
export type WebhookSecrets = Readonly<Record<'outbound' | 'inbound', readonly SigningSecret[]>>;

type SecretLog = Pick<Log, 'warn'>;

/** Secrets of the environment, named `environment:1` and so on. */
export function readEnvironmentSecrets(
  texts: { outbound: readonly string[]; inbound: readonly string[] },
  log: SecretLog,
): WebhookSecrets {
  const read = (direction: readonly string[]) =>
    direction.flatMap((text, index) => readSecret(`environment:${index + 1}`, text, log));
  return { outbound: read(texts.outbound), inbound: read(texts.inbound) };
}

/** Secrets of Odoo's mail servers: `server:3:outbound` is the current one, `server:3:outbound:2` the previous. */
export function readServerSecrets({ servers }: ServerSecrets, log: SecretLog): WebhookSecrets {
  const read = (direction: 'outbound' | 'inbound') =>
    servers.flatMap((server) =>
      server[`${direction}_secrets`].flatMap((text, index) => {
        const position = index === 0 ? '' : `:${index + 1}`;
        return readSecret(`server:${server.id}:${direction}${position}`, text, log);
      }),
    );
  return { outbound: read('outbound'), inbound: read('inbound') };
}

/** An invalid secret is logged and left out; the others still verify. */
function readSecret(id: string, text: string, log: SecretLog): SigningSecret[] {
  try {
    return [parseSigningSecret(id, text)];
  } catch (error) {
    const code = error instanceof BridgeError ? error.code : 'unknown';
    log.warn({ signer: id, code }, 'webhook secret is not usable');
    return [];
  }
}

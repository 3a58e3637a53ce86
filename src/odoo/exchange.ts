import { z } from 'zod';
import type { HttpAnswer, HttpRequest, SendHttpRequest } from '../http-client.ts';
import { faultOfAnswer, faultOfFailure } from './fault.ts';
import { readJsonBody } from './json-body.ts';
import { odooError } from './odoo-error.ts';
import type { CallSite } from './odoo-error.ts';
import type { OdooVersion, OdooConnection } from './odoo.ts';

/** The HTTP that all transports share. */
export type Exchange = {
  /**
   * Sends one request to a path below the base URL.
   *
   * @throws BridgeError ODOO_UNREACHABLE, ODOO_TIMEOUT, ODOO_NOT_ODOO, ODOO_BAD_ANSWER (answer over 64 MiB),
   * ODOO_CLOSED
   */
  send(request: OdooRequest, site: CallSite): Promise<HttpAnswer>;
  /** Aborts running requests. Later requests fail with ODOO_CLOSED. */
  close(): void;
};

type OdooRequest = Pick<HttpRequest, 'method' | 'headers' | 'body'> & {
  /** Starts with a slash. */
  path: string;
  /** Milliseconds. The default is the limit of the connection. */
  timeoutMs?: number | undefined;
};

const maxResponseBytes = 64 * 1024 * 1024;

export function createExchange(
  connection: Pick<OdooConnection, 'url' | 'timeoutMs'>,
  sendHttpRequest: SendHttpRequest,
): Exchange {
  const closing = new AbortController();
  return {
    async send({ path, timeoutMs, ...request }, site) {
      const answer = await sendHttpRequest({
        ...request,
        url: `${connection.url}${path}`,
        timeoutMs: timeoutMs ?? connection.timeoutMs,
        maxResponseBytes,
        signal: closing.signal,
      });
      if ('failure' in answer) {
        throw faultOfFailure(answer, site);
      }
      return answer;
    },
    close() {
      closing.abort();
    },
  };
}

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

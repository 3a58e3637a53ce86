import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { bridgeError } from '../errors.ts';
import type { BridgeError } from '../errors.ts';

type HttpServer = {
  /** Its URL on this computer, without trailing slash. */
  url: string;
  /** Stops accepting; resolves when current requests are answered, or cut off after `graceMs`. */
  close(graceMs: number): Promise<void>;
};

/**
 * Listens; resolves when connections are accepted.
 *
 * @param port 0 chooses a free port
 * @throws BridgeError HTTP_LISTEN_FAILED
 */
export async function openHttpServer(
  fetch: (request: Request) => Response | Promise<Response>,
  { host, port }: { host: string; port: number },
): Promise<HttpServer> {
  const server = await new Promise<Server>((resolve, reject) => {
    const starting = serve({ fetch, hostname: host, port }) as Server;
    starting.once('error', (error) => reject(listenFailed(error, host, port)));
    starting.once('listening', () => resolve(starting));
  });
  return { url: urlOf(server.address() as AddressInfo), close: (graceMs) => closeServer(server, graceMs) };
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  clearTimeout(cutOff);
}

function urlOf({ address, family, port }: AddressInfo): string {
  if (address === '0.0.0.0' || address === '::') return `http://127.0.0.1:${port}`;
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`;
}

function listenFailed(error: Error, host: string, port: number): BridgeError {
  const reason = 'code' in error ? String(error.code) : error.name;
  return bridgeError('HTTP_LISTEN_FAILED', `The bridge cannot listen on ${host}, port ${port} (${reason})`, {
    cause: error,
    details: { host, port, reason },
  });
}

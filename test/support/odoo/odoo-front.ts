import { createServer, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** What a browser needs before an Odoo with workers: one address for pages and websocket. */
export type OdooFront = { url: string; close(): Promise<void> };

/**
 * A reverse proxy on 127.0.0.1: `/websocket` goes to the gevent server, everything else to the HTTP workers,
 * as Odoo's deployment guide asks of a proxy.
 */
export async function openOdooFront(odoo: { url: string; geventUrl: string }): Promise<OdooFront> {
  const sockets = new Set<Socket>();
  const server = createServer((incoming, outgoing) => {
    const target = new URL(incoming.url ?? '/', odoo.url);
    const forwarded = request(
      target,
      { method: incoming.method ?? 'GET', headers: incoming.headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  server.on('upgrade', (incoming, socket: Socket, head) => {
    const { hostname, port } = new URL(odoo.geventUrl);
    const target = connect(Number(port), hostname, () => {
      target.write(headOf(incoming));
      target.write(head);
      socket.pipe(target).pipe(socket);
    });
    for (const each of [socket, target]) {
      sockets.add(each);
      each.on('error', () => each.destroy()).on('close', () => sockets.delete(each));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy listens on no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function headOf(incoming: IncomingMessage): string {
  const lines = [`${incoming.method} ${incoming.url} HTTP/1.1`];
  for (let index = 0; index < incoming.rawHeaders.length; index += 2) {
    lines.push(`${incoming.rawHeaders[index]}: ${incoming.rawHeaders[index + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

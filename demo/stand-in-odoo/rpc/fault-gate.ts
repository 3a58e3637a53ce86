import { createServer, connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/**
 * - `working`: everything passes.
 * - `bad gateway`: a proxy answers 502 with an HTML page, as when Odoo restarts behind nginx.
 * - `hanging`: connections are accepted and never answered.
 * - `gone`: connections are refused.
 */
export type OdooCondition = 'working' | 'bad gateway' | 'hanging' | 'gone';

export type FaultGate = {
  url: string;
  /** Applies to new connections; open ones are cut. */
  setCondition(condition: OdooCondition): Promise<void>;
  close(): Promise<void>;
};

const badGatewayPage = '<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>';

/** Stands in front of an HTTP server on 127.0.0.1 and disturbs its connections on demand. */
export async function openFaultGate(targetPort: number): Promise<FaultGate> {
  const sockets = new Set<Socket>();
  let condition: OdooCondition = 'working';

  const server = createServer((socket) => {
    keep(socket);
    if (condition === 'working') {
      const target = connect(targetPort, '127.0.0.1');
      keep(target);
      socket.pipe(target).pipe(socket);
      socket.on('close', () => target.destroy());
      target.on('close', () => socket.destroy());
    } else if (condition === 'bad gateway') {
      socket.once('data', () => {
        socket.end(
          `HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: ${badGatewayPage.length}\r\nconnection: close\r\n\r\n${badGatewayPage}`,
        );
      });
    } else {
      socket.resume();
    }
  });

  function keep(socket: Socket): void {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  }

  function listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  }

  async function stop(): Promise<void> {
    const stopped = server.listening
      ? new Promise<void>((resolve) => server.close(() => resolve()))
      : undefined;
    for (const socket of sockets) socket.destroy();
    await stopped;
  }

  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async setCondition(next) {
      condition = next;
      for (const socket of sockets) socket.destroy();
      if (next === 'gone') await stop();
      else if (!server.listening) await listen(port);
    },
    close: stop,
  };
}

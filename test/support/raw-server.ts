import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A TCP server on 127.0.0.1 on which the test decides what happens after the first bytes of a request. */
export async function openRawServer(
  onRequest: (socket: Socket) => void,
): Promise<{ url: string; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    // The other side may hang up first; that is often what is being tested.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.once('data', () => onRequest(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        sockets.forEach((socket) => socket.destroy());
      }),
  };
}

/** An HTTP answer as text, with its length and a type. */
export function rawAnswer(
  status: string,
  type: string,
  body: string,
  headers: readonly string[] = [],
): string {
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  return [
    `HTTP/1.1 ${status}`,
    `Content-Type: ${type}`,
    length,
    'Connection: close',
    ...headers,
    '',
    body,
  ].join('\r\n');
}

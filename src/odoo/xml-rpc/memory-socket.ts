import { Duplex } from 'node:stream';

/**
 * A socket for one request of node:http that calls a function instead of using the network (`createConnection` of
 * http.request accepts any Duplex). It passes the body of the request to `answer`, once, and writes the result as an HTTP
 * answer.
 *
 * @param answer returns the body of a 200 answer in XML; its rejection becomes the error of the request, unchanged
 */
export function createMemorySocket(answer: (body: Buffer) => Promise<Uint8Array>): Duplex {
  const received: Buffer[] = [];
  let isAnswered = false;
  const socket = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      received.push(chunk);
      done();
      const body = isAnswered ? undefined : bodyOf(Buffer.concat(received));
      if (body !== undefined) {
        // node:http writes an empty chunk at the end, which must not call `answer` again.
        isAnswered = true;
        void answer(body).then(respond, (error: Error) => socket.destroy(error));
      }
    },
  });
  function respond(body: Uint8Array): void {
    const head = ['HTTP/1.1 200 OK', 'Content-Type: text/xml', `Content-Length: ${body.byteLength}`];
    socket.push(`${head.join('\r\n')}\r\nConnection: close\r\n\r\n`);
    socket.push(body);
    socket.push(null);
  }
  return socket;
}

/** The body of a request with Content-Length, once it is complete. */
function bodyOf(request: Buffer): Buffer | undefined {
  const end = request.indexOf('\r\n\r\n');
  const head = request.subarray(0, Math.max(end, 0)).toString('latin1');
  const length = /^content-length: (\d+)$/im.exec(head)?.[1];
  const body = request.subarray(end + 4);
  return length !== undefined && body.byteLength >= Number(length) ? body : undefined;
}

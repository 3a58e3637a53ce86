/**
 * The bytes of a request's body, or `too_large` as soon as that is known: from Content-Length before
 * anything is read, otherwise (chunked) at the byte that passes the limit, when reading stops.
 *
 * @throws whatever the connection failed with, when the client went away
 */
export async function readBody(request: Request, limitBytes: number): Promise<Uint8Array | 'too_large'> {
  const contentLength = request.headers.get('content-length');
  if (contentLength === null || !/^\d+$/.test(contentLength)) return readStream(request.body, limitBytes);
  if (Number(contentLength) > limitBytes) return 'too_large';
  const body = new Uint8Array(await request.arrayBuffer());
  return body.byteLength > limitBytes ? 'too_large' : body;
}

async function readStream(
  stream: ReadableStream<Uint8Array> | null,
  limitBytes: number,
): Promise<Uint8Array | 'too_large'> {
  if (stream === null) return new Uint8Array();
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks, sizeBytes);
    sizeBytes += value.byteLength;
    if (sizeBytes > limitBytes) {
      // Not awaited: a cancelled body may never report its end, and the answer must not wait for it.
      void reader.cancel().catch(() => undefined);
      return 'too_large';
    }
    chunks.push(value);
  }
}

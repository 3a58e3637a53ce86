import type { BodyShare } from './body-budget.ts';

/**
 * Reads the body of a request. Returns `too_large` or `no_room` as early as possible: from Content-Length before reading,
 * or, for a chunked body, at the first byte beyond the limit.
 *
 * @throws the error of the connection when the client disconnects
 */
export async function readBody(
  request: Request,
  limitBytes: number,
  share: BodyShare,
): Promise<Uint8Array | 'too_large' | 'no_room'> {
  const announcedBytes = contentLengthOf(request);
  if (announcedBytes === undefined) return readStream(request.body, limitBytes, share);
  if (announcedBytes > limitBytes) return 'too_large';
  if (!share.take(announcedBytes)) return 'no_room';
  const body = new Uint8Array(await request.arrayBuffer());
  return body.byteLength > limitBytes ? 'too_large' : body;
}

/** Undefined when it is missing (chunked) or not a number. */
export function contentLengthOf(request: Request): number | undefined {
  const text = request.headers.get('content-length');
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined;
}

async function readStream(
  stream: ReadableStream<Uint8Array> | null,
  limitBytes: number,
  share: BodyShare,
): Promise<Uint8Array | 'too_large' | 'no_room'> {
  if (stream === null) return new Uint8Array();
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks, sizeBytes);
    sizeBytes += value.byteLength;
    const isTooLarge = sizeBytes > limitBytes;
    if (isTooLarge || !share.take(value.byteLength)) {
      // Not awaited: a cancelled body may never report its end, and the answer must not wait for it.
      void reader.cancel().catch(() => undefined);
      return isTooLarge ? 'too_large' : 'no_room';
    }
    chunks.push(value);
  }
}

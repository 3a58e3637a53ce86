import type { BodyShare } from './body-budget.ts';

/**
 * The bytes of a request's body; `too_large` or `no_room` as soon as that is known: from Content-Length before
 * anything is read, otherwise (chunked) at the byte that passes the limit, when reading stops.
 *
 * @throws whatever the connection failed with, when the client went away
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

/** Undefined when it is not sent (chunked) or is no number. */
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

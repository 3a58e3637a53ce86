import { HttpBodyError } from '../http-client.ts';
import type { OpenHttpAnswer } from '../http-client.ts';
import { failureError } from './api.ts';
import type { SweegoCall } from './api.ts';

/**
 * The JSON value in a body, or undefined when it is not JSON. A byte order mark is ignored, and broken UTF-8 becomes
 * U+FFFD: one broken character in a subject must not hide a bounce.
 *
 * The error of JSON.parse is not returned, because V8 quotes the text in it.
 */
export function readJson(body: Uint8Array): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8').decode(body)) as unknown };
  } catch {
    return undefined;
  }
}

/**
 * The JSON value of an answer, read to its end; undefined when it is not JSON.
 *
 * @throws BridgeError SWEEGO_UNREACHABLE (the answer was interrupted), SWEEGO_ANSWER_TOO_LARGE
 */
export async function readJsonAnswer(
  answer: OpenHttpAnswer,
  call: SweegoCall,
): Promise<{ value: unknown } | undefined> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of answer.body) chunks.push(chunk);
  } catch (error) {
    if (error instanceof HttpBodyError) throw failureError(error.failure, call);
    throw error;
  }
  return readJson(Buffer.concat(chunks));
}

import { HttpBodyError, type OpenHttpAnswer } from '../http-client.ts';
import { failureError, type SweegoCall } from './api.ts';
import { readJson } from './json-body.ts';

/**
 * The JSON of an answer, read to its end; undefined when it is no JSON.
 *
 * @throws BridgeError SWEEGO_UNREACHABLE (it broke off), SWEEGO_ANSWER_TOO_LARGE
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

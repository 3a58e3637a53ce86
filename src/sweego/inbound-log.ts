import { HttpBodyError } from '../http-client.ts';
import type { HttpFailure } from '../http-client.ts';
import type { Mailbox } from '../mail/mailbox.ts';
import { failureError, statusError } from './api.ts';
import type { SweegoApi, SweegoDeps } from './api.ts';
import { readHeaderMap } from './header-map.ts';
import type { HeaderMap } from './header-map.ts';
import { readJson } from './json-body.ts';
import { readMailboxes } from './mailbox.ts';

/** What Sweego's log says about an inbound mail in addition to its webhook. */
export type InboundLog = {
  /** The recipients in the envelope. A Bcc is found nowhere else. */
  recipients: readonly Mailbox[];
  headers: HeaderMap;
};

const timeoutMs = 30_000;
const longestAnswerBytes = 4_000_000;

/**
 * Asks Sweego's log about one mail. The log only adds to the webhook. So the result is undefined when the answer cannot
 * be read, and when the log does not have the mail, or not yet.
 *
 * `GET /logs/{swg_uid}` may answer 200 with only `{msg}`.
 *
 * @throws BridgeError SWEEGO_UNREACHABLE, SWEEGO_UNAVAILABLE, SWEEGO_API_KEY_REFUSED
 * @see https://learn.sweego.io/docs/sweego/log-logs-swg-uid-get
 */
export async function findInboundLog(
  { openHttpRequest }: SweegoDeps,
  api: Pick<SweegoApi, 'url' | 'apiKey'>,
  swgUid: string,
  signal?: AbortSignal,
): Promise<InboundLog | undefined> {
  if (/^\.*$/.test(swgUid)) return undefined;
  const answer = await openHttpRequest({
    method: 'GET',
    url: `${api.url}/logs/${encodeURIComponent(swgUid)}`,
    headers: { 'api-key': api.apiKey, accept: 'application/json' },
    timeoutMs,
    maxResponseBytes: longestAnswerBytes,
    ...(signal === undefined ? {} : { signal }),
  });
  if ('failure' in answer) return absentIfTooLarge(answer);
  if (answer.status !== 200) {
    answer.discard();
    const error = statusError(answer.status, 'log');
    if (error.code === 'SWEEGO_NOT_FOUND') return undefined;
    throw error;
  }
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of answer.body) chunks.push(chunk);
  } catch (error) {
    if (error instanceof HttpBodyError) return absentIfTooLarge(error.failure);
    throw error;
  }
  return readInboundLog(readJson(Buffer.concat(chunks))?.value);
}

function absentIfTooLarge(failure: HttpFailure): undefined {
  if (failure.failure !== 'too-large') throw failureError(failure, 'log');
}

function readInboundLog(value: unknown): InboundLog | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const log = value as Record<string, unknown>;
  if (log['status'] === undefined && log['headers'] === undefined) return undefined;
  return { recipients: readMailboxes(log['inbound_recipient']), headers: readHeaderMap(log['headers']) };
}

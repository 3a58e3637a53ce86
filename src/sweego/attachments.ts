import { bridgeError } from '../errors.ts';
import type { BridgeError } from '../errors.ts';
import { HttpBodyError } from '../http-client.ts';
import type { HttpFailure, OpenHttpAnswer } from '../http-client.ts';
import { failureError, statusError, tooLarge } from './api.ts';
import type { SweegoApi, SweegoDeps } from './api.ts';
import type { AttachmentLocation } from './inbound-attachment.ts';

/** Attachments announced by URL are fetched only from these domains and their subdomains. */
const attachmentDomains: readonly string[] = ['sweego.io', 'sweego.co'];

/** Sweego accepts mails up to 30 MB, and decoded attachments are smaller. */
export const longestAttachmentBytes = 40_000_000;

const timeoutMs = 120_000;
const mostRedirects = 3;

/**
 * Streams the bytes of an announced attachment. The download starts when the first bytes are read.
 *
 * With a uuid, the file comes from Sweego's API. The API key goes to no other host, and redirects are not followed. A URL
 * may come from the sender's mail program. So it is fetched without the key, over https only, from allowed domains only
 * (redirects too), and never from a private address.
 *
 * Reading throws BridgeError. SWEEGO_UNREACHABLE (also when the download is interrupted), SWEEGO_UNAVAILABLE and
 * SWEEGO_API_KEY_REFUSED can be retried. SWEEGO_NOT_FOUND, SWEEGO_URL_REFUSED and SWEEGO_ANSWER_TOO_LARGE are final.
 *
 * @param options.domains instead of `attachmentDomains`
 * @see https://learn.sweego.io/docs/sweego/get-clients-uuid-client-domains-inbound-attachments-uuid-email-inbound-attachment
 */
export async function* readAttachment(
  deps: SweegoDeps,
  api: SweegoApi,
  location: AttachmentLocation,
  options: { domains?: readonly string[]; signal?: AbortSignal } = {},
): AsyncGenerator<Uint8Array> {
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const answer =
    'uuid' in location
      ? await openByUuid(deps, api, location.uuid, signal)
      : await openByUrl(deps, location.url, options.domains ?? attachmentDomains, signal);
  if (answer.status !== 200) {
    answer.discard();
    throw statusError(answer.status, 'attachment');
  }
  if (Number(answer.headers['content-length'] ?? 0) > longestAttachmentBytes) {
    answer.discard();
    throw tooLarge('attachment');
  }
  try {
    yield* answer.body;
  } catch (error) {
    throw error instanceof HttpBodyError ? failureError(error.failure, 'attachment') : error;
  }
}

async function openByUuid(
  { openHttpRequest }: SweegoDeps,
  api: SweegoApi,
  uuid: string,
  signal: { signal?: AbortSignal },
): Promise<OpenHttpAnswer> {
  const path = `/clients/${encodeURIComponent(api.clientUuid)}/domains/inbound/attachments/${encodeURIComponent(uuid)}`;
  // A segment of dots would change the path of the request.
  if (/^\.*$/.test(uuid)) throw statusError(404, 'attachment');
  return opened(
    await openHttpRequest({
      method: 'GET',
      url: `${api.url}${path}`,
      headers: { 'api-key': api.apiKey, accept: 'application/octet-stream' },
      timeoutMs,
      maxResponseBytes: longestAttachmentBytes,
      ...signal,
    }),
  );
}

async function openByUrl(
  { openHttpRequest }: SweegoDeps,
  first: string,
  domains: readonly string[],
  signal: { signal?: AbortSignal },
): Promise<OpenHttpAnswer> {
  let url = allowedUrl(first, undefined, domains);
  for (let redirects = 0; ; redirects += 1) {
    const answer = opened(
      await openHttpRequest({
        method: 'GET',
        url: url.href,
        headers: { accept: 'application/octet-stream' },
        timeoutMs,
        maxResponseBytes: longestAttachmentBytes,
        publicAddressesOnly: true,
        ...signal,
      }),
    );
    const target = answer.headers['location'];
    if (![301, 302, 303, 307, 308].includes(answer.status) || target === undefined) return answer;
    answer.discard();
    if (redirects === mostRedirects) throw refusedUrl('redirects too often');
    url = allowedUrl(target, url, domains);
  }
}

function opened(answer: OpenHttpAnswer | HttpFailure): OpenHttpAnswer {
  if (!('failure' in answer)) return answer;
  if (answer.reason === 'EPRIVATE') throw refusedUrl('leads to a private address');
  throw failureError(answer, 'attachment');
}

/** @throws BridgeError SWEEGO_URL_REFUSED */
function allowedUrl(text: string, base: URL | undefined, domains: readonly string[]): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base?.href) : undefined;
  if (url === undefined) throw refusedUrl('cannot be parsed');
  if (url.protocol !== 'https:') throw refusedUrl('is not https');
  if (url.username !== '' || url.password !== '') throw refusedUrl('holds credentials');
  if (url.port !== '') throw refusedUrl('names a port');
  const host = url.hostname.replace(/\.$/, '');
  const isAllowed = domains.some((domain) => host === domain || host.endsWith(`.${domain}`));
  if (!isAllowed) throw refusedUrl('is of a host that is not Sweego’s');
  return url;
}

function refusedUrl(fault: string): BridgeError {
  return bridgeError('SWEEGO_URL_REFUSED', `The attachment is not fetched: its URL ${fault}`, {
    details: { fault },
  });
}

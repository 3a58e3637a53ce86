import { BridgeError, bridgeError } from '../../errors.ts';
import type { Entry } from '../../inbox/inbox.ts';
import type { ReplyFile } from '../../rules/replies/describe-reply.ts';
import { failedEntryDelayMs } from '../../rules/retry.ts';
import { tooLarge } from '../../sweego/api.ts';
import { readAttachment } from '../../sweego/attachments.ts';
import type { InboundAttachment } from '../../sweego/inbound-attachment.ts';
import { sweegoAccount } from './reply-deps.ts';
import type { ReplyDeps } from './reply-deps.ts';
import { keyMissing, requireNotStopping, logSweegoFault } from './sweego-faults.ts';

/** A mail at Sweego has at most 30 MB. Odoo receives it in one call, so memory holds it once. */
const mostBytes = 60_000_000;
const mostFiles = 200;

type KeptAttachments = {
  files: ReplyFile[];
  /** Names of those that no longer exist, or that failed on the last attempt. */
  missing: string[];
};

/**
 * Fetches the attachments of a mail and stores them in the inbox, because it is not known how long Sweego keeps them.
 * Stored ones are not fetched again. When one fails, the others are still fetched.
 *
 * @returns the error because of which the mail must wait, while it has attempts left
 * @throws BridgeError INBOX_*, REPLY_INTERRUPTED
 */
export async function keepAttachments(
  deps: ReplyDeps,
  entry: Entry,
  attachments: readonly InboundAttachment[],
): Promise<KeptAttachments | BridgeError> {
  const kept = new Map((await deps.inbox.files(entry.id)).map(({ name, sizeBytes }) => [name, sizeBytes]));
  const isLastAttempt = failedEntryDelayMs(entry.attempts) === undefined;
  const result: KeptAttachments = { files: [], missing: [] };
  let waitFor: BridgeError | undefined;
  for (const [position, attachment] of attachments.slice(0, mostFiles).entries()) {
    const name = storedName(position);
    const error = kept.has(name) ? undefined : await keep(deps, entry, name, attachment, kept);
    if (error === undefined) {
      result.files.push({ ...attachment, content: () => deps.inbox.readFile(entry.id, name) });
      continue;
    }
    if (error.retry === 'later' && !isLastAttempt) {
      waitFor ??= error;
      continue;
    }
    const { code } = error;
    deps.log.warn({ entry: entry.id, attachment: position, code }, 'failed to download attachment');
    result.missing.push(attachment.name);
  }
  const more = attachments.length - mostFiles;
  if (more > 0) {
    deps.log.warn({ entry: entry.id, attachments: more }, 'failed to download attachment');
    result.missing.push(`${more} more`);
  }
  return waitFor ?? result;
}

/** The mail's own file names are not used: they may repeat, and may be personal data. */
function storedName(position: number): string {
  return `attachment-${position}`;
}

async function keep(
  deps: ReplyDeps,
  entry: Entry,
  name: string,
  { location }: InboundAttachment,
  kept: Map<string, number>,
): Promise<BridgeError | undefined> {
  if (location === undefined) {
    return bridgeError('SWEEGO_NOT_FOUND', 'Sweego announced an attachment without its place');
  }
  if (totalOf(kept) >= mostBytes) return tooLarge('attachment');
  const { apiKey, clientUuid } = sweegoAccount(deps);
  const isByKey = 'uuid' in location;
  if (isByKey && (apiKey === null || clientUuid === null)) {
    logSweegoFault(deps, entry, keyMissing());
    return keyMissing();
  }
  try {
    const api = { url: deps.sweego.url, apiKey: apiKey ?? '', clientUuid: clientUuid ?? '' };
    const content = readAttachment(deps.sweego, api, location, { signal: deps.signal });
    const { sizeBytes } = await deps.inbox.storeFile(entry.id, name, content);
    kept.set(name, sizeBytes);
    return undefined;
  } catch (error) {
    if (!(error instanceof BridgeError) || !error.code.startsWith('SWEEGO_')) throw error;
    requireNotStopping(deps);
    logSweegoFault(deps, entry, error);
    return error;
  }
}

function totalOf(kept: ReadonlyMap<string, number>): number {
  return [...kept.values()].reduce((sum, sizeBytes) => sum + sizeBytes, 0);
}

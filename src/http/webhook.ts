import type { Context } from 'hono';
import { codeOf } from '../errors.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { Log } from '../log.ts';
import { findSigner, isInsideWindow, readSignatureHeaders } from '../sweego/signature.ts';
import type { SignatureHeaders, SigningSecret } from '../sweego/signature.ts';
import type { BodyBudget } from './body-budget.ts';
import { contentLengthOf, readBody } from './read-body.ts';

type WebhookDirection = 'outbound' | 'inbound';

/** Largest accepted body, bytes. A reply contains the text and HTML of a whole mail; attachments are fetched later. */
const bodyLimitBytes: Readonly<Record<WebhookDirection, number>> = {
  outbound: 1_000_000,
  inbound: 40_000_000,
};

export type WebhookDeps = {
  inbox: Pick<Inbox, 'put'>;
  bodyBudget: BodyBudget;
  /** The secrets that are known now; empty before the first one is known. */
  secretsFor(direction: WebhookDirection): readonly SigningSecret[];
  /**
   * Whether the last refresh from Odoo succeeded, and none is under way. If not, a new secret may be unknown here, so a
   * mismatch is answered 503, not 401.
   */
  areSecretsCurrent(): boolean;
  /** Reads new secrets from Odoo. The settings keeper limits how often and how long. */
  refreshSecrets(): Promise<unknown>;
  /** Oldest accepted signature, seconds. */
  toleranceSeconds: number;
  now: () => Date;
  log: Pick<Log, 'debug' | 'warn' | 'error'>;
};

type Refusal = { status: 400 | 401 | 413 | 503; error: string; retryAfterSeconds?: number };

/**
 * Takes one webhook from Sweego. It checks headers, size, signature and age, in this order, and answers 200 only after
 * the bytes are on disk. It does not look at the content of a body: every signed body is stored.
 *
 * Answers name the fault of the request, but nothing about secrets: every kind of wrong signature has the same answer.
 */
export async function takeWebhook(c: Context, direction: WebhookDirection, deps: WebhookDeps) {
  const headers = readSignatureHeaders((name) => c.req.header(name));
  if (headers === undefined) return refuse(c, direction, deps, unsigned);
  const share = deps.bodyBudget.openShare(contentLengthOf(c.req.raw));
  try {
    const body = await readBody(c.req.raw, bodyLimitBytes[direction], share).catch(
      () => 'incomplete' as const,
    );
    if (body === 'incomplete') return refuse(c, direction, deps, incomplete);
    if (body === 'too_large') return refuse(c, direction, deps, tooLarge);
    if (body === 'no_room') return refuse(c, direction, deps, tooMuchAtOnce);
    return await storeSigned(c, direction, deps, headers, body);
  } finally {
    share.release();
  }
}

async function storeSigned(
  c: Context,
  direction: WebhookDirection,
  deps: WebhookDeps,
  headers: SignatureHeaders,
  body: Uint8Array,
) {
  const find = () => findSigner(headers, body, deps.secretsFor(direction));
  let signer = find();
  if (signer === undefined) {
    await refreshSecrets(deps);
    signer = find();
  }
  if (signer === undefined) {
    const mayLackNewestSecret = deps.secretsFor(direction).length === 0 || !deps.areSecretsCurrent();
    return refuse(c, direction, deps, mayLackNewestSecret ? noSecret : badSignature);
  }
  const receivedAt = deps.now();
  if (!isInsideWindow(headers.timestamp, receivedAt, deps.toleranceSeconds)) {
    return refuse(c, direction, deps, outsideWindow);
  }

  const { webhookId } = headers;
  try {
    await deps.inbox.put({ kind: direction, requestKey: webhookId, body, receivedAt, secretId: signer.id });
  } catch (error) {
    deps.log.error({ direction, webhookId, error: codeOf(error) }, 'webhook could not be stored');
    return answer(c, notStored);
  }
  deps.log.debug({ direction, webhookId, signer: signer.id, sizeBytes: body.byteLength }, 'webhook stored');
  return c.json({ status: 'ok' });
}

const unsigned: Refusal = { status: 401, error: 'signature headers missing or malformed' };
const incomplete: Refusal = { status: 400, error: 'body incomplete' };
const tooLarge: Refusal = { status: 413, error: 'body too large' };
const tooMuchAtOnce: Refusal = { status: 503, error: 'too many large bodies at once', retryAfterSeconds: 30 };
const badSignature: Refusal = { status: 401, error: 'signature does not match' };
const outsideWindow: Refusal = { status: 401, error: 'timestamp outside the accepted window' };
const noSecret: Refusal = { status: 503, error: 'not configured yet' };
const notStored: Refusal = { status: 503, error: 'cannot store now' };

function refuse(c: Context, direction: WebhookDirection, deps: WebhookDeps, refusal: Refusal) {
  deps.log.warn({ direction, status: refusal.status, reason: refusal.error }, 'webhook refused');
  return answer(c, refusal);
}

function answer(c: Context, refusal: Refusal) {
  const { status, error, retryAfterSeconds } = refusal;
  // Otherwise the rest of a refused body would be read and thrown away.
  if (refusal === tooLarge || refusal === tooMuchAtOnce) c.header('connection', 'close');
  if (retryAfterSeconds !== undefined) c.header('retry-after', String(retryAfterSeconds));
  return c.json({ status: 'refused', error }, status);
}

async function refreshSecrets(deps: WebhookDeps): Promise<void> {
  try {
    await deps.refreshSecrets();
  } catch (error) {
    deps.log.warn({ error: codeOf(error) }, 'webhook secrets could not be refreshed');
  }
}

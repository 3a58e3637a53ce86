import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createApp } from '../../../src/http/app.ts';
import type { AppDeps } from '../../../src/http/app.ts';
import { createBodyBudget } from '../../../src/http/body-budget.ts';
import type { Inbox } from '../../../src/inbox/inbox.ts';
import { openInbox } from '../../../src/inbox/open.ts';
import { createLog } from '../../../src/log.ts';
import { describeBody } from '../../../src/sweego/describe-body.ts';
import { parseSigningSecret } from '../../../src/sweego/signature.ts';
import type { SigningSecret } from '../../../src/sweego/signature.ts';
import { signWebhook } from '../mails/sign-webhook.ts';

export const outboundSecret = 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm';
export const inboundSecret = 'ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTBmZWRjYmE5ODc2NTQzMjEw';
export const now = new Date('2026-03-01T12:00:00Z');

/** The HTTP side on a real inbox in a temporary file, with two known secrets, until the test has finished. */
export async function openIntake(changes: Partial<AppDeps> = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'intake-'));
  const inbox = await openInbox(`file:${join(directory, 'inbox.sqlite')}`);
  onTestFinished(async () => {
    await inbox.close();
    await rm(directory, { recursive: true });
  });
  const lines: string[] = [];
  const secrets: Record<'outbound' | 'inbound', SigningSecret[]> = {
    outbound: [parseSigningSecret('server:1:outbound', outboundSecret)],
    inbound: [parseSigningSecret('server:1:inbound', inboundSecret)],
  };
  const app = createApp({
    inbox,
    bodyBudget: createBodyBudget({ smallBytes: 64_000_000, largeBytes: 192_000_000 }),
    secretsFor: (direction) => secrets[direction],
    areSecretsCurrent: () => true,
    refreshSecrets: async () => undefined,
    toleranceSeconds: 172_800,
    now: () => now,
    log: createLog({
      level: 'debug',
      format: 'json',
      write: (line) => lines.push(line),
      now: () => now,
      secrets: [],
    }),
    readiness: async () => ({
      isInboxWritable: true,
      areSettingsKnown: true,
      odoo: { state: 'up' },
      inbox: await inbox.status(),
    }),
    ...changes,
  });
  return { app, inbox, secrets, lines };
}

/** A request that Sweego could have sent: signed, with its three headers. */
export async function signedRequest(
  body: string | Uint8Array,
  changes: { secret?: string; webhookId?: string; timestamp?: number } = {},
): Promise<{ method: 'POST'; headers: Record<string, string>; body: Uint8Array<ArrayBuffer> }> {
  const bytes = new Uint8Array(Buffer.from(body));
  const webhookId = changes.webhookId ?? 'w-1';
  const timestamp = String(changes.timestamp ?? now.getTime() / 1000);
  const secret = changes.secret ?? outboundSecret;
  const signature = await signWebhook({ secret, webhookId, timestamp, body: bytes });
  return {
    method: 'POST',
    headers: {
      'webhook-id': webhookId,
      'webhook-timestamp': timestamp,
      'webhook-signature': signature,
      'content-length': String(bytes.byteLength),
    },
    body: bytes,
  };
}

/** Everything stored, as the worker would get it. */
export async function storedBodies(inbox: Inbox): Promise<{ body: string; secretId: string }[]> {
  const entries = await inbox.claim({
    kinds: ['outbound', 'inbound'],
    limit: 1000,
    now,
    describe: describeBody,
  });
  return entries.map(({ body, secretId }) => ({ body: Buffer.from(body).toString(), secretId }));
}

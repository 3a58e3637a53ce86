import { writeSync } from 'node:fs';
import { BridgeError } from '../../src/errors.ts';
import { openInbox } from '../../src/inbox/open.ts';
import { requestOf } from '../support/inbox/inbox-requests.ts';

/** Puts a small, a large and a small request, one after the other, and prints how each went. */
const [, , databaseUrl, largeBytesText] = process.argv as [string, string, string, string];
const inbox = await openInbox(databaseUrl);
for (const sizeBytes of [100, Number(largeBytesText), 100]) {
  const result = await inbox.put(requestOf(new Uint8Array(sizeBytes))).then(
    ({ requestId }) => `stored ${requestId}`,
    (error: unknown) => (error instanceof BridgeError ? `${error.code} ${error.retry}` : String(error)),
  );
  writeSync(1, `${result}\n`);
}
await inbox.close();

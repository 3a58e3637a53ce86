import { setTimeout as pause } from 'node:timers/promises';
import { openInbox } from '../../src/inbox/open.ts';
import { requestOf } from '../support/inbox/inbox-requests.ts';

/** Waits for the agreed instant (milliseconds since 1970), opens the inbox and puts fifty requests one by one. */
const [, , databaseUrl, startAtText, name] = process.argv as [string, string, string, string, string];
await pause(Math.max(0, Number(startAtText) - Date.now()));
const inbox = await openInbox(databaseUrl);
for (let number = 0; number < 50; number += 1) {
  await inbox.put(requestOf({ keys: [`${name}-${number}`] }));
}
await inbox.close();

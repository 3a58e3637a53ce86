import { writeSync } from 'node:fs';
import { openInbox } from '../../src/inbox/open.ts';
import { requestOf } from '../support/inbox/inbox-requests.ts';

/**
 * Puts from eight loops at the same time, prints each webhook-id as soon as its put has resolved, and kills
 * itself without warning after the given number of stored requests.
 */
const [, , databaseUrl, answersText] = process.argv as [string, string, string, string];
const inbox = await openInbox(databaseUrl);
let answers = 0;

async function putForever(side: number): Promise<void> {
  for (let number = 0; ; number += 1) {
    const requestKey = `${side}-${number}`;
    await inbox.put(requestOf({ keys: [requestKey] }, { requestKey }));
    writeSync(1, `${requestKey}\n`);
    answers += 1;
    if (answers === Number(answersText)) process.kill(process.pid, 'SIGKILL');
  }
}

await Promise.all(Array.from({ length: 8 }, (_, side) => putForever(side)));

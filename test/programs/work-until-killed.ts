import { setImmediate as nextTurn } from 'node:timers/promises';
import { openInbox } from '../../src/inbox/open.ts';
import { after, describeTestBody } from '../support/inbox/inbox-requests.ts';

/** Claims and settles in small batches, and kills itself between claiming and settling the given batch. */
const [, , databaseUrl, batchesText] = process.argv as [string, string, string, string];
const inbox = await openInbox(databaseUrl);

for (let batch = 1; ; batch += 1) {
  const entries = await inbox.claim({
    kinds: ['outbound'],
    limit: 7,
    now: after(0),
    describe: describeTestBody,
  });
  if (batch === Number(batchesText)) process.kill(process.pid, 'SIGKILL');
  await inbox.settle(
    entries.map(({ id }) => id),
    { outcome: 'applied' },
    after(0),
  );
  await nextTurn();
}

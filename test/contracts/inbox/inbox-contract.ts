import { afterEach, beforeEach, describe } from 'vitest';
import type { EntryKind, Entry, Inbox } from '../../../src/inbox/inbox.ts';
import { openInbox } from '../../../src/inbox/open.ts';
import { allKinds, describeTestBody } from '../../support/inbox/inbox-requests.ts';
import { registerClaimTests } from './claim.ts';
import { registerDuplicateTests } from './duplicates.ts';
import { registerEraseTests } from './erase.ts';
import { registerFileTests } from './file.ts';
import { registerLeaseTests } from './lease.ts';
import { registerOperatorTests } from './operator.ts';
import { registerOutcomeTests } from './outcomes.ts';
import { registerPutTests } from './put.ts';
import { registerReadTests } from './read.ts';
import { registerReleaseTests } from './release.ts';

/** What the suite needs from an engine in addition to the inbox. */
export type InboxEngine = {
  name: string;
  createDatabase(): Promise<InboxDatabase>;
};

export type InboxDatabase = {
  /** A DATABASE_URL that no inbox has opened yet. */
  url: string;
  /** The number of committed transactions. The storage counts them, not the inbox. */
  countCommits: () => Promise<number>;
  remove: () => Promise<void>;
};

/** The inbox under test. Every test gets a fresh one, which is closed and removed afterwards. */
export type InboxUnderTest = {
  readonly inbox: Inbox;
  readonly database: InboxDatabase;
  /** Creates another database that no inbox has opened yet. */
  createDatabase(): Promise<InboxDatabase>;
  /** Closes the inbox and opens it again on the same database. */
  reopen(): Promise<Inbox>;
  /** @param options.inbox an inbox to use instead of the one under test */
  claim(
    now: Date,
    options?: { kinds?: readonly EntryKind[]; limit?: number; inbox?: Inbox },
  ): Promise<Entry[]>;
};

/** Registers the tests of the `Inbox` type for one engine. */
export function describeInbox(engine: InboxEngine): void {
  describe(`inbox on ${engine.name}`, () => {
    const underTest = freshInboxes(engine);
    registerPutTests(underTest);
    registerClaimTests(underTest);
    registerDuplicateTests(underTest);
    registerOutcomeTests(underTest);
    registerReleaseTests(underTest);
    registerOperatorTests(underTest);
    registerEraseTests(underTest);
    registerFileTests(underTest);
    registerReadTests(underTest);
    registerLeaseTests(underTest);
  });
}

function freshInboxes(engine: InboxEngine): InboxUnderTest {
  let database: InboxDatabase;
  let inbox: Inbox;

  beforeEach(async () => {
    database = await engine.createDatabase();
    inbox = await openInbox(database.url);
  });

  afterEach(async () => {
    await inbox.close();
    await database.remove();
  });

  return {
    get inbox() {
      return inbox;
    },
    get database() {
      return database;
    },
    createDatabase: () => engine.createDatabase(),
    async reopen() {
      await inbox.close();
      inbox = await openInbox(database.url);
      return inbox;
    },
    claim: (now, options = {}) =>
      (options.inbox ?? inbox).claim({
        kinds: options.kinds ?? allKinds,
        limit: options.limit ?? 500,
        now,
        describe: describeTestBody,
      }),
  };
}

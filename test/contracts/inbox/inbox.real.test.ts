import { countStoringTransactions, createPostgresDatabase } from '../../support/inbox/postgres-databases.ts';
import { describeInbox } from './inbox-contract.ts';

describeInbox({
  name: 'PostgreSQL',
  createDatabase: async () => {
    const database = await createPostgresDatabase();
    return {
      url: database.url,
      countCommits: () => countStoringTransactions(database),
      remove: database.remove,
    };
  },
});

import { countWalCommits, createTemporaryPath } from '../../support/inbox/sqlite-databases.ts';
import { describeInbox } from './inbox-contract.ts';

describeInbox({
  name: 'SQLite',
  createDatabase: async () => {
    const { path, remove } = createTemporaryPath();
    return {
      url: `file:${path}`,
      countCommits: async () => countWalCommits(path),
      remove: async () => remove(),
    };
  },
});

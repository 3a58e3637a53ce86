import { migrate } from '../../src/inbox/sqlite/open.ts';
import { schema } from '../../src/inbox/sqlite/schema.ts';
import { openSession } from '../../src/inbox/sqlite/session.ts';
import type { Session } from '../../src/inbox/sqlite/session.ts';

/**
 * Migrates a file one statement at a time and kills itself before the statement of the given number (counted
 * from 0; the end counts as a statement). Prints the number of statements when it never reaches that number.
 */
const [, , path, killBeforeText] = process.argv as [string, string, string, string];
const real = openSession(path);
let statements = 0;

function count(): void {
  if (statements === Number(killBeforeText)) process.kill(process.pid, 'SIGKILL');
  statements += 1;
}

/** In the schema each statement begins on a new line, except the statements in the body of a trigger. */
function statementsOf(sql: string): string[] {
  return sql.split(/;\s*\n\s*(?=ALTER|CREATE|DROP|INSERT|UPDATE|$)/).filter((text) => text.trim() !== '');
}

const session: Session = {
  ...real,
  exec(sql) {
    for (const text of statementsOf(sql)) {
      count();
      real.exec(text);
    }
  },
  run(sql, parameters) {
    count();
    return real.run(sql, parameters);
  },
};
await migrate(session, schema);
if (statements === Number(killBeforeText)) process.kill(process.pid, 'SIGKILL');
process.stdout.write(`${statements}\n`);

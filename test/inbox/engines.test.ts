import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const engines = ['sqlite', 'postgres'] as const;
type Engine = (typeof engines)[number];

/** Files that only one engine needs, and the reason. */
const ownFiles: Readonly<Record<Engine, Readonly<Record<string, string>>>> = {
  sqlite: {
    'admission-turn.ts': 'SQLite works in the event loop, so it admits in short turns.',
    'result-code.ts': "SQLite's result codes.",
    'transaction.ts': "SQLite's one connection runs a transaction from BEGIN to COMMIT without a pause.",
  },
  postgres: {
    'admit-store.ts': 'Rows are sent to the server many at a time, so storing them is a subject of its own.',
    'parameters.ts':
      'PostgreSQL refuses some texts, its driver sends many byte strings as one, and processes count in slots.',
    'pool.ts': 'Connections to a server.',
    'sql-state.ts': "SQLSTATE, and the driver's codes of a lost connection.",
    'statement.ts': 'A statement is answered later, over the connection of a transaction or another one.',
  },
};

const folderOf = (engine: Engine) => new URL(`../../src/inbox/${engine}/`, import.meta.url);
const filesOf = (engine: Engine) => readdirSync(folderOf(engine)).sort();
const sharedFilesOf = (engine: Engine) => filesOf(engine).filter((file) => !(file in ownFiles[engine]));

/** Names of what a file exports, types included. */
function exportsOf(engine: Engine, file: string): string[] {
  const lines = readFileSync(new URL(file, folderOf(engine)), 'utf8').split('\n');
  return lines
    .filter((line) => line.startsWith('export '))
    .map((line) => {
      const [, kind, name] = /^export (?:async )?(function\*?|const|type|class) (\w+)\b/.exec(line) ?? [];
      if (kind === undefined || name === undefined) throw new Error(`${engine}/${file} exports by: ${line}`);
      return `${kind} ${name}`;
    })
    .sort();
}

describe('the engines of the inbox', () => {
  it('have the same files, except those that only one of them needs', () => {
    expect(sharedFilesOf('sqlite')).toEqual(sharedFilesOf('postgres'));
    expect(sharedFilesOf('sqlite').length).toBeGreaterThan(12);
    for (const engine of engines) {
      expect(filesOf(engine)).toEqual(expect.arrayContaining(Object.keys(ownFiles[engine])));
    }
  });

  it('export the same names from each file that both have', () => {
    for (const file of sharedFilesOf('sqlite')) {
      expect([file, ...exportsOf('postgres', file)]).toEqual([file, ...exportsOf('sqlite', file)]);
      expect(exportsOf('sqlite', file)).not.toEqual([]);
    }
  });
});

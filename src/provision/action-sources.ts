import { actionNames } from './bridge-records.ts';
import type { ActionSources } from './bridge-records.ts';

/** The line of an action by which it takes functions of `actions/shared`, by the names of their files. */
const usesLine = /^# uses: ([a-z_]+(?:, [a-z_]+)*)$/m;

/**
 * The Python of every action as it is provisioned: the shared functions that an action takes stand in the place of
 * its `# uses:` line, since code in Odoo can import nothing.
 *
 * @param read returns the text of a file of the folder `actions`
 */
export function joinActionSources(read: (path: string) => string): ActionSources {
  const sources = actionNames.map((name) => [name, joinShared(read(`${name}.py`), read)]);
  return Object.fromEntries(sources) as ActionSources;
}

/** The names of the shared files that an action takes. */
export function sharedNamesOf(action: string): readonly string[] {
  return usesLine.exec(action)?.[1]?.split(', ') ?? [];
}

function joinShared(action: string, read: (path: string) => string): string {
  const pieces = sharedNamesOf(action).map((name) => read(`shared/${name}.py`).trim());
  return action.replace(usesLine, () => `\n${pieces.join('\n\n\n')}\n`);
}

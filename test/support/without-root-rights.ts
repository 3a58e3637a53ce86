import { chownSync } from 'node:fs';

const nobody = 65534;

/**
 * Runs an action with the rights of an ordinary user, also when the tests run as root.
 *
 * @param directory given to that user, so that only the files in it can refuse access
 */
export async function withoutRootRights(directory: string, action: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) {
    chownSync(directory, nobody, nobody);
    process.seteuid?.(nobody);
  }
  try {
    await action();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

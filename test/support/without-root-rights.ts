import { chownSync } from 'node:fs';

const nobody = 65534;

/**
 * What a user of the machine without special rights would get, also when the tests run as root.
 *
 * @param directory made his, so that only its files stand in his way
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

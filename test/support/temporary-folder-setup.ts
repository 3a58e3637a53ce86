import { chmodSync, existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** In memory, where SQLite need not wait for a disk at every commit. Linux has it. */
const memoryFolder = '/dev/shm';
/** A container may have only 64 MiB there, which a few large mails fill. */
const leastFreeBytes = 2 ** 30;

/**
 * Vitest's global set-up: one folder for the temporary files of the whole run. It is removed when vitest exits,
 * also after Ctrl-C.
 */
export function setup(): void {
  const folder = mkdtempSync(
    join(hasRoom(memoryFolder) ? memoryFolder : tmpdir(), 'sweego-odoo-bridge-test-'),
  );
  // Tests give up root's rights and still have to reach their own files in it.
  chmodSync(folder, 0o755);
  process.env['TMPDIR'] = folder;
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
}

function hasRoom(path: string): boolean {
  if (!existsSync(path)) return false;
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize >= leastFreeBytes;
}

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A path in a directory of its own, for a SQLite file that does not exist yet. */
export function createTemporaryPath(): { path: string; remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'inbox-test-'));
  return {
    path: join(directory, 'bridge.sqlite'),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

const walHeaderBytes = 32;
const frameHeaderBytes = 24;

/**
 * Counts the commits in the write-ahead log beside a SQLite file: a frame whose header names a database size
 * ends a transaction. Right as long as the log has not been started over.
 *
 * Source: https://sqlite.org/fileformat2.html#the_write_ahead_log
 */
export function countWalCommits(path: string): number {
  if (!existsSync(`${path}-wal`)) return 0;
  const log = readFileSync(`${path}-wal`);
  if (log.length < walHeaderBytes) return 0;
  const frameBytes = frameHeaderBytes + log.readUInt32BE(8);
  let commits = 0;
  for (let at = walHeaderBytes; at + frameBytes <= log.length; at += frameBytes) {
    if (log.readUInt32BE(at + 4) > 0) commits += 1;
  }
  return commits;
}

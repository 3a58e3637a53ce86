import { codeOf } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';
import type { Inbox } from '../../inbox/inbox.ts';
import type { Log } from '../../log.ts';
import { ServerSecrets } from '../../odoo/bridge-answers.ts';
import type { BridgeSettings } from '../../odoo/bridge-answers.ts';
import type { Sealer } from './sealer.ts';

const snapshotName = 'settings';

type SettingsSnapshotDeps = {
  inbox: Pick<Inbox, 'saveSnapshot' | 'findSnapshot'>;
  sealer: Sealer;
  now: () => Date;
  log: Pick<Log, 'info' | 'warn'>;
};

/** The last settings from Odoo, sealed in the inbox: they survive restarts, and other replicas can read them. */
export type SettingsSnapshot = {
  /**
   * Stores the settings unless they are stored already. A failure is logged when it begins or changes, and the next call
   * tries again: settings can be used without being stored. Never throws.
   */
  keep(settings: BridgeSettings): Promise<void>;
  /**
   * The secrets that any process stored since the last look; undefined when nothing is new or it cannot be used. Never
   * throws.
   */
  look(): Promise<{ secrets: ServerSecrets; savedAt: Date } | undefined>;
};

/**
 * A snapshot counts as missing when it cannot be unsealed (other credential, other database, damaged bytes) or cannot be
 * read. This is logged once.
 */
export function createSettingsSnapshot({ inbox, sealer, now, log }: SettingsSnapshotDeps): SettingsSnapshot {
  /** What is stored, as far as known. Sealed bytes differ each time, so both are compared. */
  let keptText: string | undefined;
  let seenBytes: Uint8Array | undefined;
  const failing: { read?: string | undefined; keep?: string | undefined } = {};

  function noteFailure(step: 'read' | 'keep', error: unknown): void {
    const code = codeOf(error);
    if (failing[step] !== code) log.warn({ code, step }, 'settings snapshot cannot be read or kept');
    failing[step] = code;
  }

  return {
    async keep(settings) {
      const text = JSON.stringify(settings);
      if (text === keptText) return;
      try {
        const bytes = await sealer.seal(Buffer.from(text));
        await inbox.saveSnapshot(snapshotName, bytes, now());
        [keptText, seenBytes, failing.keep] = [text, bytes, undefined];
        log.info({}, 'settings snapshot kept');
      } catch (error) {
        noteFailure('keep', error);
      }
    },
    async look() {
      try {
        const found = await inbox.findSnapshot(snapshotName);
        failing.read = undefined;
        if (found === undefined) return undefined;
        if (seenBytes !== undefined && Buffer.compare(seenBytes, found.bytes) === 0) return undefined;
        seenBytes = found.bytes;
        const plain = await sealer.unseal(found.bytes);
        const text = plain === undefined ? undefined : Buffer.from(plain).toString();
        const secrets = text === undefined ? undefined : parseSecrets(text);
        if (secrets === undefined) {
          log.warn(
            { code: 'INBOX_SNAPSHOT_UNUSABLE' satisfies ErrorCode },
            'settings snapshot cannot be used',
          );
          return undefined;
        }
        keptText = text;
        return { secrets, savedAt: found.savedAt };
      } catch (error) {
        noteFailure('read', error);
        return undefined;
      }
    },
  };
}

function parseSecrets(text: string): ServerSecrets | undefined {
  try {
    return ServerSecrets.safeParse(JSON.parse(text)).data;
  } catch {
    // Authentic, but not JSON: another release sealed something else in the same format.
    return undefined;
  }
}

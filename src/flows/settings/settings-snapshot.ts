import { codeOf } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';
import type { Inbox } from '../../inbox/inbox.ts';
import type { Log } from '../../log.ts';
import { ServerSecrets } from '../../odoo/bridge-answers.ts';
import type { BridgeSettings } from '../../odoo/bridge-answers.ts';
import type { Sealer } from './sealer.ts';

const snapshotName = 'settings';

export type SettingsSnapshotDeps = {
  inbox: Pick<Inbox, 'saveSnapshot' | 'findSnapshot'>;
  sealer: Sealer;
  now: () => Date;
  log: Pick<Log, 'info' | 'warn'>;
};

/** The last settings that Odoo told, kept sealed in the inbox over restarts and for other replicas. */
export type SettingsSnapshot = {
  /**
   * Keeps the settings unless they are the ones kept last. A failure is logged when it begins or changes and
   * tried again at the next call, since settings can be used without having been kept. Never throws.
   */
  keep(settings: BridgeSettings): Promise<void>;
  /**
   * The secrets of what somebody has kept since the last look, or undefined when there is nothing new or it
   * cannot be used. Never throws.
   */
  look(): Promise<{ secrets: ServerSecrets; savedAt: Date } | undefined>;
};

/**
 * A snapshot that cannot be unsealed (the credential was changed, the bytes are damaged, it is another
 * database's) or that cannot be understood counts as absent, and is logged once.
 */
export function createSettingsSnapshot({ inbox, sealer, now, log }: SettingsSnapshotDeps): SettingsSnapshot {
  /** What is kept as far as is known; sealed bytes differ each time, so both are compared. */
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
    // Authentic and no JSON: a release that seals something else under the same format wrote it.
    return undefined;
  }
}

import { BridgeError } from '../../errors.ts';
import type { Entry, EntryCode, EntrySummary } from '../../inbox/inbox.ts';
import { describeError } from '../../log.ts';
import { findServer } from '../../rules/find-server.ts';
import { languageOf } from '../../rules/language.ts';
import { replyAlertText } from '../../rules/replies/reply-alert-text.ts';
import { failedEntryDelayMs } from '../../rules/retry.ts';
import { parseInboundMail } from '../../sweego/inbound-mail.ts';
import type { InboundMail } from '../../sweego/inbound-mail.ts';
import { parkedBy } from '../worker/lane.ts';
import type { EntryResult } from '../worker/lane.ts';
import type { ReplyDeps } from './reply-deps.ts';

/** Names an entry's alert in Odoo. The instant tells it from that of an inbox which was made anew. */
export function alertKey({ id, receivedAt }: Pick<EntrySummary, 'id' | 'receivedAt'>): string {
  return `${id}.${receivedAt.getTime()}`;
}

/**
 * Sees to what a user of Odoo knows of a reply: an activity while it is parked, none once it is placed or
 * ignored. A failure on the last attempt is parked here, so that it is told too.
 *
 * @throws BridgeError ODOO_* of another scope than `entry`
 */
export async function concludeReply(
  deps: Pick<ReplyDeps, 'actions' | 'inbox' | 'settings' | 'log'>,
  entry: Entry,
  result: EntryResult,
): Promise<EntryResult> {
  const last = parkedAfterLastAttempt(entry, result);
  if (last.kind === 'park' && last.isQuiet !== true) await open(deps, entry, last.code);
  if (last.kind === 'settle' && (await wasParked(deps, entry))) {
    await harmless(deps, entry, () => deps.actions.closeAlert(alertKey(entry)));
  }
  return last;
}

function parkedAfterLastAttempt(entry: Entry, result: EntryResult): EntryResult {
  if (result.kind !== 'failed' || failedEntryDelayMs(entry.attempts) !== undefined) return result;
  return parkedBy(result.error);
}

/** Signed bytes that are no mail, such as a test delivery of Sweego's, concern no user. */
async function open(
  deps: Pick<ReplyDeps, 'actions' | 'settings' | 'log'>,
  entry: Entry,
  code: EntryCode,
): Promise<void> {
  const mail = readable(entry);
  if (mail === undefined) return;
  const text = replyAlertText(mail, { entryId: entry.id, code }, languageOf(deps.settings.company_language));
  const serverId = findServer(deps.settings.servers, entry.secretId)?.id ?? null;
  await harmless(deps, entry, () => deps.actions.openAlert({ key: alertKey(entry), ...text, serverId }));
}

function readable(entry: Entry): InboundMail | undefined {
  try {
    return parseInboundMail(entry.body);
  } catch (error) {
    if (error instanceof BridgeError) return undefined;
    throw error;
  }
}

/** Only an operator's replay brings a parked entry back. */
async function wasParked({ inbox }: Pick<ReplyDeps, 'inbox'>, entry: Entry): Promise<boolean> {
  if (!entry.isReplayed) return false;
  return (await inbox.history(entry.id)).some(({ state }) => state === 'parked');
}

/** An activity that Odoo refuses must not keep the mail itself from its end. */
async function harmless(
  { log }: Pick<ReplyDeps, 'log'>,
  entry: Entry,
  act: () => Promise<unknown>,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof BridgeError) || error.scope !== 'entry') throw error;
    log.warn({ entry: entry.id, ...describeError(error) }, 'activity of a parked reply not updated');
  }
}

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

/** The key of an entry's alert in Odoo. The instant keeps it distinct from alerts of an earlier inbox. */
export function alertKey({ id, receivedAt }: Pick<EntrySummary, 'id' | 'receivedAt'>): string {
  return `${id}.${receivedAt.getTime()}`;
}

/**
 * Raises an activity in Odoo while a reply is parked, and closes it when the reply is placed or ignored. An entry that
 * failed on its last attempt is parked here, so that its activity is raised too.
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
    await updateActivity(deps, entry, () => deps.actions.closeAlert(alertKey(entry)));
  }
  return last;
}

function parkedAfterLastAttempt(entry: Entry, result: EntryResult): EntryResult {
  if (result.kind !== 'failed' || failedEntryDelayMs(entry.attempts) !== undefined) return result;
  return parkedBy(result.error);
}

/** A signed request without a mail, such as a test delivery from Sweego, concerns no user. */
async function open(
  deps: Pick<ReplyDeps, 'actions' | 'settings' | 'log'>,
  entry: Entry,
  code: EntryCode,
): Promise<void> {
  const mail = readable(entry);
  if (mail === undefined) return;
  const text = replyAlertText(mail, { entryId: entry.id, code }, languageOf(deps.settings.company_language));
  const serverId = findServer(deps.settings.servers, entry.secretId)?.id ?? null;
  await updateActivity(deps, entry, () =>
    deps.actions.openAlert({ key: alertKey(entry), ...text, serverId }),
  );
}

function readable(entry: Entry): InboundMail | undefined {
  try {
    return parseInboundMail(entry.body);
  } catch (error) {
    if (error instanceof BridgeError) return undefined;
    throw error;
  }
}

/** Only an operator can replay a parked entry, so an entry that was not replayed was never parked. */
async function wasParked({ inbox }: Pick<ReplyDeps, 'inbox'>, entry: Entry): Promise<boolean> {
  if (!entry.isReplayed) return false;
  return (await inbox.history(entry.id)).some(({ state }) => state === 'parked');
}

/** The mail itself must get its result even when Odoo refuses the activity. */
async function updateActivity(
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

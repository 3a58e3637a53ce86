import type { ErrorCode } from '../../errors.ts';
import type { DescribeBody, Inbox } from '../../inbox/inbox.ts';
import type { Log } from '../../log.ts';
import type { BridgeActions } from '../../odoo/bridge-actions.ts';
import { readInboundLogRow } from '../../sweego/inbound-log-row.ts';
import type { InboundLogRow } from '../../sweego/inbound-log-row.ts';
import type { ReadLog } from '../../sweego/log-pages.ts';
import { faultOf } from './reconcile-domain.ts';

/** Sweego retries the webhook of a reply for 1 h 40 min, so a younger reply is not lost yet. */
const graceMs = 2 * 60 * 60_000;
/** How far Sweego's clock may be ahead of ours. */
const clockSkewMs = 5 * 60_000;

/** A reply that Sweego received and that never reached the inbox. Shown to people, never logged. */
export type LostReply = {
  swgUid: string;
  receivedAt: Date | undefined;
  sender: string;
  subject: string;
};

type LostReplyDeps = {
  inbox: Pick<Inbox, 'list' | 'status' | 'claim'>;
  actions: Pick<BridgeActions, 'openAlert' | 'closeAlert'>;
  describe: DescribeBody;
  readLog: ReadLog;
  now: () => Date;
  log: Pick<Log, 'error'>;
};

export type LostReplyCheck = {
  result: 'checked' | 'not needed' | 'postponed' | 'failed' | 'skipped';
  /** Why it failed. */
  code?: ErrorCode;
  endsRun?: boolean;
  /** How long Sweego asks us to wait. */
  retryAfterMs?: number;
  /** Every reply received before this is in the inbox or was reported. */
  seenUntil?: Date;
  /** Only those that were not reported before. */
  lost: LostReply[];
};

/**
 * Looks in the inbox for every reply that Sweego logged as `received` or `error`, and raises an activity in Odoo for
 * each missing one, once. Mails to other domains than the alias domains are not ours.
 *
 * When a reported reply arrives later, its activity is closed.
 *
 * @param since replies received before are not looked for
 * @param reported swg_uid of replies that were reported lately
 * @throws BridgeError INBOX_*, ODOO_*
 */
export async function findLostReplies(
  deps: LostReplyDeps,
  aliasDomains: readonly string[],
  { since, reported }: { since: Date; reported: readonly string[] },
): Promise<LostReplyCheck> {
  const until = new Date(deps.now().getTime() - graceMs);
  const check: LostReplyCheck = { result: 'checked', lost: [] };
  if (since >= until || aliasDomains.length === 0) return { ...check, result: 'not needed' };
  if (!(await isSplit(deps))) return { ...check, result: 'postponed' };
  const seen = new Set<string>();
  const isOurs = (address: string) =>
    aliasDomains.some((domain) => address.endsWith(`@${domain.toLowerCase()}`));
  try {
    for await (const { rows } of deps.readLog({ channel: 'email_inbound', from: since })) {
      for (const value of rows) {
        const row = readInboundLogRow(value);
        if (row === undefined || seen.has(row.swgUid) || !isCandidate(row, since, until)) continue;
        seen.add(row.swgUid);
        if (!row.recipients.some(isOurs)) continue;
        if (await isStored(deps.inbox, row)) {
          if (reported.includes(row.swgUid)) await deps.actions.closeAlert(alertKey(row.swgUid));
          continue;
        }
        // Odoo deletes an activity that a user cancels, so its key alone does not prevent a second one.
        if (reported.includes(row.swgUid)) continue;
        const reply = lostReplyOf(row);
        if (await raiseAlert(deps, reply)) check.lost.push(reply);
      }
    }
    return { ...check, seenUntil: until };
  } catch (error) {
    return { ...check, result: 'failed', ...faultOf(error) };
  }
}

/** Requests that are not split into entries yet, as after an outage of Odoo, cannot be found. Gives up while new ones keep coming. */
async function isSplit({ inbox, describe, now }: LostReplyDeps): Promise<boolean> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    if ((await inbox.status()).unclaimed === 0) return true;
    await inbox.claim({ kinds: [], limit: 0, now: now(), describe });
  }
  return false;
}

function alertKey(swgUid: string): string {
  return `lost-reply:${swgUid}`;
}

/** A reply without a readable time counts: reporting it too early, or an old one, is better than never. */
function isCandidate({ status, receivedAt }: InboundLogRow, since: Date, until: Date): boolean {
  const isInTime = receivedAt === undefined || (receivedAt >= since && receivedAt <= until);
  return (status === 'received' || status === 'error') && isInTime;
}

/**
 * Erasing an entry also removes the terms by which it could be found. When an erased entry arrived at the time of this
 * mail, it may be this mail, so the mail counts as stored.
 */
async function isStored(
  inbox: LostReplyDeps['inbox'],
  { swgUid, receivedAt }: InboundLogRow,
): Promise<boolean> {
  const kinds = ['inbound'] as const;
  const found = await inbox.list({ kinds, terms: [`swg-uid:${swgUid}`], limit: 1 });
  if (found.length > 0 || receivedAt === undefined) return found.length > 0;
  const receivedSince = new Date(receivedAt.getTime() - clockSkewMs);
  const receivedBefore = new Date(receivedAt.getTime() + graceMs);
  const atThatTime = await inbox.list({ kinds, receivedSince, receivedBefore, limit: 1_000 });
  return atThatTime.some(({ isErased }) => isErased);
}

function lostReplyOf({ swgUid, receivedAt, sender, subject }: InboundLogRow): LostReply {
  return { swgUid, receivedAt, sender: sender ?? 'unknown sender', subject };
}

/** @returns false when it was reported before */
async function raiseAlert(
  deps: LostReplyDeps,
  { swgUid, receivedAt, sender, subject }: LostReply,
): Promise<boolean> {
  const { result } = await deps.actions.openAlert({
    key: alertKey(swgUid),
    summary: `Lost reply of ${sender}: ${subject}`,
    note:
      `Sweego received this mail${receivedAt === undefined ? '' : ` on ${receivedAt.toISOString()}`}, ` +
      `and it never reached the bridge.\nLook at it in Sweego's log (${swgUid}) and ask the sender to send it again.`,
    serverId: null,
  });
  if (result === 'opened') deps.log.error({ swgUid }, 'lost reply');
  return result === 'opened';
}

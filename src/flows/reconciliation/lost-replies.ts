import type { ErrorCode } from '../../errors.ts';
import type { DescribeBody, Inbox } from '../../inbox/inbox.ts';
import type { Log } from '../../log.ts';
import type { BridgeActions } from '../../odoo/bridge-actions.ts';
import { readInboundLogRow } from '../../sweego/inbound-log-row.ts';
import type { InboundLogRow } from '../../sweego/inbound-log-row.ts';
import type { ReadLog } from '../../sweego/log-pages.ts';
import { faultOf } from './reconcile-domain.ts';

/** Sweego tries to deliver a reply for 1 h 40: one that is younger is not lost yet. */
const graceMs = 2 * 60 * 60_000;
/** How far Sweego's clock may be ahead of this one. */
const clockSkewMs = 5 * 60_000;

/** A reply that Sweego received and that never reached the inbox. For people's eyes; not for the log. */
export type LostReply = {
  swgUid: string;
  receivedAt: Date | undefined;
  sender: string;
  subject: string;
};

export type LostReplyDeps = {
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
  /** How long Sweego wants to be left alone. */
  retryAfterMs?: number;
  /** Replies received before this are known or told of. */
  seenUntil?: Date;
  /** Only those that nobody was told of before. */
  lost: LostReply[];
};

/**
 * Looks in the inbox for every reply that Sweego logged as `received` or `error`, and shows each one that is not
 * there as an activity in Odoo, once. Mails to other domains than the alias domains are not ours.
 *
 * One that arrives after all has its activity closed.
 *
 * @param since those received before are not looked for
 * @param told swg_uid of those that were told of lately
 * @throws BridgeError INBOX_*, ODOO_*
 */
export async function findLostReplies(
  deps: LostReplyDeps,
  aliasDomains: readonly string[],
  { since, told }: { since: Date; told: readonly string[] },
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
          if (told.includes(row.swgUid)) await deps.actions.closeAlert(alertKey(row.swgUid));
          continue;
        }
        // Also when the user cancelled the activity, which Odoo deletes then.
        if (told.includes(row.swgUid)) continue;
        const reply = lostReplyOf(row);
        if (await tell(deps, reply)) check.lost.push(reply);
      }
    }
    return { ...check, seenUntil: until };
  } catch (error) {
    return { ...check, result: 'failed', ...faultOf(error) };
  }
}

/** What is stored and not split yet, as after an outage of Odoo, cannot be found; a steady stream never ends. */
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

/** One whose time cannot be read is looked at: told too early, or of before, is better than never. */
function isCandidate({ status, receivedAt }: InboundLogRow, since: Date, until: Date): boolean {
  const isInTime = receivedAt === undefined || (receivedAt >= since && receivedAt <= until);
  return (status === 'received' || status === 'error') && isInTime;
}

/**
 * An erased entry has lost the name it could be found by, on purpose: when one came while Sweego delivered this
 * mail, nothing is said, since it may be that one.
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

/** @returns false when it had been told before */
async function tell(
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

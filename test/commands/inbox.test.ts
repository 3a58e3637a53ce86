import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runInboxList, runInboxShow } from '../../src/commands/inbox.ts';
import { parseInboxConfig } from '../../src/config.ts';
import { openInbox } from '../../src/inbox/open.ts';
import { describeBody } from '../../src/sweego/describe-body.ts';
import { now } from '../support/intake.ts';

const body = '{"event_type":"hard_bounce","recipient":"customer@example.com","subject":"\u009b31m"}';

/** An inbox with one parked event, one reply and one request that nobody has looked at. */
async function openFilledInbox() {
  const directory = await mkdtemp(join(tmpdir(), 'inbox-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const DATABASE_URL = `file:${join(directory, 'inbox.sqlite')}`;
  const inbox = await openInbox(DATABASE_URL);
  const put = (direction: 'outbound' | 'inbound', webhookId: string, text: string) =>
    inbox.put({
      direction,
      webhookId,
      body: Buffer.from(text),
      receivedAt: now,
      secretId: 'server:1:outbound',
    });
  await put('outbound', 'w-1', body);
  await put('inbound', 'w-2', '{"event_type":"email_inbound"}');
  const claimed = await inbox.claim({ directions: ['outbound'], limit: 9, now, describe: describeBody });
  await inbox.park(
    claimed.map(({ id }) => id),
    'EVENT_UNMATCHABLE: no Message-Id',
    now,
  );
  await put('outbound', 'w-3', 'later');
  await inbox.close();
  const lines: string[] = [];
  const deps = {
    now: () => new Date(now.getTime() + 3 * 3_600_000),
    out: (line: string) => lines.push(line),
  };
  return {
    config: parseInboxConfig({ env: { DATABASE_URL }, readFile: () => '' }),
    deps,
    lines,
    parkedId: claimed[0]?.id ?? 0,
  };
}

describe('inbox list', () => {
  it('shows state, reason, kind, age and attempts as a table, and no body', async () => {
    const { config, deps, lines } = await openFilledInbox();
    await runInboxList(config, { json: false }, deps);
    expect(lines[0]).toMatch(/^ID +KIND +STATE +ATTEMPTS +AGE +REASON$/);
    expect(lines.slice(1, 3)).toEqual([
      expect.stringMatching(/^\d+ +inbound +received +0 +3h /),
      expect.stringMatching(/^\d+ +outbound +parked +0 +3h +EVENT_UNMATCHABLE: no Message-Id$/),
    ]);
    expect(lines[3]).toBe(
      '2 shown. 1 not yet looked at, 1 received, 0 claimed, 0 waiting, 0 settled, 1 parked.',
    );
    expect(lines.join('\n')).not.toContain('customer@example.com');
  });

  it('filters by state and kind, and prints JSON for programs', async () => {
    const { config, deps, lines, parkedId } = await openFilledInbox();
    await runInboxList(config, { states: ['parked'], directions: ['outbound'], json: true }, deps);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      unclaimed: 1,
      entries: [
        {
          id: parkedId,
          kind: 'outbound',
          state: 'parked',
          reason: 'EVENT_UNMATCHABLE: no Message-Id',
          attempts: 0,
          received_at: '2026-03-01T12:00:00.000Z',
          webhook_id: 'w-1',
          signed_with: 'server:1:outbound',
        },
      ],
    });
  });
});

describe('inbox show', () => {
  it('tells an entry and its history, and keeps the body back', async () => {
    const { config, deps, lines, parkedId } = await openFilledInbox();
    await runInboxShow(config, parkedId, { json: false, body: false }, deps);
    const text = lines.join('\n');
    expect(text).toContain('hard_bounce');
    expect(text).toMatch(/received +2026-03-01T12:00:00.000Z \(3h ago\)/);
    expect(text).toMatch(/2026-03-01T12:00:00.000Z +parked +EVENT_UNMATCHABLE: no Message-Id$/);
    expect(text).not.toContain('customer@example.com');
  });

  it('prints the body when asked, unable to steer the terminal', async () => {
    const { config, deps, lines, parkedId } = await openFilledInbox();
    await runInboxShow(config, parkedId, { json: false, body: true }, deps);
    expect(lines.at(-1)).toContain('customer@example.com');
    expect(lines.join('\n')).not.toContain('\u009b');
  });

  it('as JSON holds the history, and the body only when asked', async () => {
    const { config, deps, lines, parkedId } = await openFilledInbox();
    await runInboxShow(config, parkedId, { json: true, body: false }, deps);
    await runInboxShow(config, parkedId, { json: true, body: true }, deps);
    const [without, withBody] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(without).toMatchObject({ id: parkedId, event: 'hard_bounce', state: 'parked' });
    expect(without).not.toHaveProperty('body');
    expect((without?.['history'] as unknown[]).length).toBeGreaterThanOrEqual(2);
    expect(withBody?.['body']).toBe(body);
  });
});

import { describe, expect, it } from 'vitest';
import { runInboxShow } from '../../../src/commands/inbox/show.ts';
import { createOperatorInbox, eventBody } from '../../support/inbox/operator-inbox.ts';

const body = eventBody('ann@example.com', { event_type: 'hard_bounce\u202e', subject: '\u009b31m' });

async function createParkedEntry() {
  const operator = await createOperatorInbox();
  await operator.put([body]);
  const [id = 0] = await operator.park({ code: 'EVENT_UNMATCHABLE', reason: 'no\u001b[2J Message-Id' });
  return { ...operator, id };
}

describe('inbox show', () => {
  it('prints an entry and its history without the body', async () => {
    const { config, deps, lines, id } = await createParkedEntry();
    await runInboxShow(config, id, { json: false, body: false }, deps);
    const text = lines.join('\n');
    expect(text).toMatch(/^event +hard_bounce/m);
    expect(text).toMatch(/^received +2026-03-01T12:00:00.000Z \(3h ago\)$/m);
    expect(text).toMatch(/^body +\d+ bytes$/m);
    expect(text).toMatch(/^2026-03-01T12:01:00.000Z +parked +EVENT_UNMATCHABLE: no\uFFFD\[2J Message-Id$/m);
    expect(text).not.toContain('ann@example.com');
  });

  it('prints the body on request; neither it nor a reason can control the terminal', async () => {
    const { config, deps, lines, id } = await createParkedEntry();
    await runInboxShow(config, id, { json: false, body: true }, deps);
    await runInboxShow(config, id, { json: true, body: true }, deps);
    expect(lines.join('\n')).toContain('ann@example.com');
    for (const steering of ['\u001b', '\u009b', '\u202e']) {
      expect(lines.join('\n')).not.toContain(steering);
    }
  });

  it('prints the history as JSON, and the body only on request', async () => {
    const { config, deps, printed, id } = await createParkedEntry();
    await runInboxShow(config, id, { json: true, body: false }, deps);
    expect(printed()).toMatchObject({ id, state: 'parked', files: 0, erased: false });
    expect(printed()).not.toHaveProperty('body');
    expect((printed()['history'] as { state: string }[]).map(({ state }) => state)).toEqual([
      'received',
      'claimed',
      'parked',
    ]);
    await runInboxShow(config, id, { json: true, body: true }, deps);
    expect(printed()['body']).toBe(body);
  });

  it('shows that a body is erased instead of an empty one', async () => {
    const { config, deps, lines, id, use } = await createParkedEntry();
    await use((inbox) => inbox.erase([id], deps.now()));
    await runInboxShow(config, id, { json: false, body: true }, deps);
    expect(lines.join('\n')).toMatch(/^event +-$[^]*^body +erased$/m);
    expect(lines.at(-1)).toMatch(/discarded: erased$/);
  });

  it('refuses an unknown entry, and names the command that lists entries', async () => {
    const { config, deps } = await createParkedEntry();
    await expect(runInboxShow(config, 99, { json: true, body: false }, deps)).rejects.toMatchObject({
      code: 'INBOX_ENTRY_UNKNOWN',
      message: expect.stringContaining('inbox list') as string,
    });
  });
});

import type { ErrorCode } from '../../errors.ts';
import type { BridgeActions } from '../../odoo/bridge-actions.ts';
import { codesOf } from './reconciliation-runs.ts';
import type { ReconciliationRun } from './reconciliation-runs.ts';

/** The text of the activity, by the code of the error. */
const texts: Readonly<Partial<Record<ErrorCode, { summary: string; note: string }>>> = {
  SWEEGO_API_KEY_REFUSED: {
    summary: 'Sweego refuses the API key',
    note: 'It answers that the key is not valid, or not for this. Enter a valid one in the settings.',
  },
  SWEEGO_API_KEY_MISSING: {
    summary: 'Sweego’s API key is missing',
    note: 'Mails wait for word from Sweego, and there is no key to read its log with. Enter one in the settings.',
  },
};

/**
 * Raises an activity in Odoo when Sweego's API key cannot be used, once, and closes it when the key works again.
 *
 * @param openKey key of the open activity; null when none is open
 * @returns the key of the activity that is open now
 * @throws BridgeError ODOO_*
 */
export async function updateApiKeyAlert(
  actions: Pick<BridgeActions, 'openAlert' | 'closeAlert'>,
  run: ReconciliationRun,
  openKey: string | null,
): Promise<string | null> {
  const code = codesOf(run).find((each) => each in texts);
  const text = code === undefined ? undefined : texts[code];
  if (text !== undefined) {
    if (openKey !== null) return openKey;
    const key = `sweego-api-key:${run.startedAt}`;
    const consequence =
      '\nUntil then mails whose webhooks were lost are not reconciled, and lost replies are not noticed.';
    await actions.openAlert({ ...text, note: text.note + consequence, key, serverId: null });
    return key;
  }
  const hasWorked = run.inbound === 'checked' || run.domains.some(({ result }) => result === 'read');
  if (openKey === null || !hasWorked) return openKey;
  await actions.closeAlert(openKey);
  return null;
}

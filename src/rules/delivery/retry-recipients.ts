import { readAddressList, writeAddressList } from '../../mail/address-list.ts';
import { addressesIn } from '../../mail/email-address.ts';
import type { MailValues } from '../../odoo/message-change.ts';
import type { MailState } from '../../odoo/message-state.ts';

/** All recipients of a mail, even while it lists only the failed ones. */
type OriginalRecipients = {
  partners: readonly { partner_id: number; address: string | null }[];
  email_to: string | null;
  email_cc: string | null;
};

/** The stored full list while the mail lists only the failed recipients, else the mail's own list. */
export function originalRecipients(mail: MailState): OriginalRecipients {
  const current = { partners: mail.recipients, email_to: mail.email_to, email_cc: mail.email_cc };
  return mail.original_recipients === null ? current : (parseOriginal(mail.original_recipients) ?? current);
}

/**
 * Reduces a mail's list of recipients to the failed ones. Odoo's own Retry sends to everybody on the list, so it then
 * reaches nobody who already has the mail or may still get it. The full list is stored in a field of its own. It is
 * restored when nobody counts as failed, or everybody does.
 *
 * @param failed normalised addresses of the failed recipients
 * @returns only values that differ from the mail
 * @see Odoo mail.mail._prepare_outgoing_list
 */
export function retryRecipients(mail: MailState, failed: ReadonlySet<string>): MailValues {
  const original = originalRecipients(mail);
  const hasFailed = (address: string | null): boolean => address !== null && failed.has(address);
  const everybody = [
    ...original.partners.map(({ address }) => address),
    ...addressesIn(original.email_to),
    ...addressesIn(original.email_cc),
  ];
  const isWhole = failed.size === 0 || everybody.every(hasFailed);
  const wanted = isWhole
    ? original
    : {
        partners: original.partners.filter(({ address }) => hasFailed(address)),
        email_to: onlyFailed(original.email_to, failed),
        email_cc: onlyFailed(original.email_cc, failed),
      };
  const ids = wanted.partners.map(({ partner_id }) => partner_id);
  const currentIds = mail.recipients.map(({ partner_id }) => partner_id);
  return {
    ...(sorted(ids) === sorted(currentIds) ? {} : { recipient_ids: ids }),
    ...(wanted.email_to === mail.email_to ? {} : { email_to: wanted.email_to ?? false }),
    ...(wanted.email_cc === mail.email_cc ? {} : { email_cc: wanted.email_cc ?? false }),
    ...storedAside(mail, original, isWhole),
  };
}

function storedAside(mail: MailState, original: OriginalRecipients, isWhole: boolean): MailValues {
  if (isWhole) return mail.original_recipients === null ? {} : { x_sweego_original_recipients: false };
  return mail.original_recipients === null ? { x_sweego_original_recipients: JSON.stringify(original) } : {};
}

function onlyFailed(text: string | null, failed: ReadonlySet<string>): string | null {
  const kept = readAddressList(text ?? '').filter(({ address }) => failed.has(address.toLowerCase()));
  return kept.length === 0 ? null : writeAddressList(kept);
}

/** A stored list that a user has made unreadable counts as none. */
function parseOriginal(text: string): OriginalRecipients | undefined {
  try {
    const value = JSON.parse(text) as Partial<OriginalRecipients> | null;
    if (value === null || !Array.isArray(value.partners)) return undefined;
    return { partners: value.partners, email_to: value.email_to ?? null, email_cc: value.email_cc ?? null };
  } catch {
    return undefined;
  }
}

function sorted(ids: readonly number[]): string {
  return [...ids].sort((one, other) => one - other).join();
}

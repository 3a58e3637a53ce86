import type { ErrorCode } from '../../errors.ts';
import { cutToBytes, oneLine } from '../../mail/mail-text.ts';
import type { Language } from '../language.ts';

type Sentences = Readonly<Record<Language, string>>;

const reasons: Readonly<Partial<Record<ErrorCode, Sentences>>> = {
  REPLY_DOCUMENT_GONE: {
    en: 'The document that it answers no longer exists.',
    fr: 'Le document auquel il répond n’existe plus.',
  },
  REPLY_UNPLACED: {
    en: 'It names no document, alias or message that Odoo knows.',
    fr: 'Il ne nomme aucun document, alias ou message connu d’Odoo.',
  },
  REPLY_NOTE_UNCERTAIN: {
    en: 'An employee sent it, and it may answer an internal note.',
    fr: 'Un employé l’a envoyé, peut-être en réponse à une note interne.',
  },
  REPLY_SUSPECT: {
    en: 'It reads like an absence notice.',
    fr: 'Il ressemble à un message d’absence.',
  },
  REPLY_CIRCUIT_OPEN: {
    en: 'Its sender wrote more than 20 times to one record within 10 minutes; further mails are parked too.',
    fr: 'Son expéditeur a écrit plus de 20 fois au même enregistrement en 10 minutes ; les suivants sont mis de côté aussi.',
  },
  REPLY_REFUSED: {
    en: 'Odoo refused it.',
    fr: 'Odoo l’a refusé.',
  },
};

const other: Sentences = {
  en: 'Odoo could not take it.',
  fr: 'Odoo n’a pas pu le prendre.',
};

const labels: Readonly<Record<Language, { summary: string; from: string; subject: string; fix: string }>> = {
  en: {
    summary: 'A reply could not be placed',
    from: 'From',
    subject: 'Subject',
    fix: 'To place it, the administrator of the bridge names a document',
  },
  fr: {
    summary: 'Une réponse n’a pas pu être rattachée',
    from: 'De',
    subject: 'Objet',
    fix: 'Pour la rattacher, l’administrateur du pont nomme un document',
  },
};

const longestLine = 500;

/**
 * The activity about a parked reply, in plain text: who sent it, its subject, why it is parked, and which command places
 * it.
 */
export function replyAlertText(
  mail: { from: { name: string; address: string }; subject: string },
  parked: { entryId: number; code: ErrorCode },
  language: Language,
): { summary: string; note: string } {
  const words = labels[language];
  const { code } = parked;
  const subject = oneLine(mail.subject, longestLine);
  const sender = oneLine(`${mail.from.name} <${mail.from.address}>`, longestLine);
  const why = (reasons[code] ?? other)[language];
  const command = `sweego-odoo-bridge inbox replay ${parked.entryId} --to sale.order,23`;
  return {
    summary: cutToBytes(subject === '' ? words.summary : `${words.summary}: ${subject}`, longestLine),
    note: [
      `${words.from}: ${sender}`,
      `${words.subject}: ${subject}`,
      `${why} (${code})`,
      `${words.fix}: ${command}`,
    ].join('\n'),
  };
}

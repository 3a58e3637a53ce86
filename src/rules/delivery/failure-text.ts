import type { Language } from '../language.ts';
import type { FailureReason } from './failure-class.ts';

const sentences: Readonly<Record<FailureReason, Readonly<Record<Language, string>>>> = {
  address_unknown: {
    en: 'The address does not exist. Check it with the recipient.',
    fr: 'L’adresse n’existe pas. Vérifiez-la auprès du destinataire.',
  },
  mailbox_disabled: {
    en: 'The mailbox is disabled. Ask the recipient for another address.',
    fr: 'La boîte aux lettres est désactivée. Demandez une autre adresse au destinataire.',
  },
  mailbox_full: {
    en: 'The mailbox is full. The recipient must make room before the mail is sent again.',
    fr: 'La boîte aux lettres est pleine. Le destinataire doit faire de la place avant un nouvel envoi.',
  },
  recipient_suppressed: {
    en: 'Sweego does not send to this address because it bounced before. Ask the recipient for another address.',
    fr: 'Sweego n’envoie plus à cette adresse, qui a déjà été refusée. Demandez une autre adresse au destinataire.',
  },
  sender_refused: {
    en: 'The recipient’s server refused our sending (reputation or policy). The address is not at fault.',
    fr: 'Le serveur du destinataire a refusé notre envoi (réputation ou politique). L’adresse n’est pas en cause.',
  },
  message_too_big: {
    en: 'The mail is too big for the recipient’s server. Send it with smaller attachments.',
    fr: 'Le message est trop volumineux pour le serveur du destinataire. Réduisez les pièces jointes.',
  },
  temporary: {
    en: 'The recipient’s server refused the mail for now. Sweego may still deliver it.',
    fr: 'Le serveur du destinataire a refusé le message pour l’instant. Sweego peut encore le remettre.',
  },
  unclassified: {
    en: 'The mail could not be delivered.',
    fr: 'Le message n’a pas pu être remis.',
  },
};

/** Sentences for the person who sent the mail: what failed, and what to do. */
export function failureText(reason: string | null, language: Language): string {
  const known = Object.keys(sentences).find((each) => each === reason) as FailureReason | undefined;
  return sentences[known ?? 'unclassified'][language];
}

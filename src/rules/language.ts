export type Language = 'en' | 'fr';

/** The language of sentences for an Odoo language code such as `fr_FR`. */
export function languageOf(code: string | null): Language {
  return code?.startsWith('fr') === true ? 'fr' : 'en';
}

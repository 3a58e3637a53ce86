import { cleanText } from '../mail/mail-text.ts';
import { readHeaderValues } from './header-map.ts';

/** Where the bytes of an attachment are: under an id of Sweego's API, or at an address. */
export type AttachmentLocation = { uuid: string } | { url: string };

/** A file of an inbound mail, as announced; Sweego sends no bytes along. */
export type InboundAttachment = {
  /** As written, decoded; `''` when Sweego names none. */
  name: string;
  /** As written; not checked. */
  contentType: string | undefined;
  /** Without angle brackets. */
  contentId: string | undefined;
  /** `undefined`: announced in a way that nobody can fetch it by. */
  location: AttachmentLocation | undefined;
};

/**
 * The announced files. Two shapes are documented, `{uuid, name, content_type, size}` and `{filename,
 * content_type, size, url}`; each field is taken from either. An item of any other kind still counts as a
 * file, so that whoever reads the mail is told that one is missing. Never throws.
 *
 * @see https://learn.sweego.io/docs/inbound/setup_inbound and /docs/inbound/conversational_flow
 */
export function readAttachments(value: unknown): InboundAttachment[] {
  if (value === null || value === undefined || value === '' || value === false) return [];
  return (Array.isArray(value) ? value : [value]).map((item: unknown) => {
    const fields = (typeof item === 'object' && item !== null ? item : {}) as Record<string, unknown>;
    return {
      name: text(fields['name']) ?? text(fields['filename']) ?? '',
      contentType: text(fields['content_type']),
      contentId: text(fields['content_id'])?.replace(/[<>]/g, ''),
      location: locationOf(text(fields['uuid']), text(fields['url'])),
    };
  });
}

function locationOf(uuid: string | undefined, url: string | undefined): AttachmentLocation | undefined {
  if (uuid !== undefined) return { uuid };
  return url === undefined ? undefined : { url };
}

function text(value: unknown): string | undefined {
  const [first] = readHeaderValues(value);
  return first === undefined ? undefined : cleanText(first);
}

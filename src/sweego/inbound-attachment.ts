import { readHeaderValues } from './header-map.ts';

/** Where the bytes of an attachment are: under an id in Sweego's API, or at a URL. */
export type AttachmentLocation = { uuid: string } | { url: string };

/** A file of an inbound mail, as Sweego announces it. The webhook does not hold its bytes. */
export type InboundAttachment = {
  /** Decoded; `''` when Sweego gives no name. */
  name: string;
  /** As Sweego wrote it. It is not checked. */
  contentType: string | undefined;
  /** Without angle brackets. */
  contentId: string | undefined;
  /** `undefined` when Sweego does not say where the file is. */
  location: AttachmentLocation | undefined;
};

/**
 * The announced files. Sweego documents two forms, `{uuid, name, content_type, size}` and `{filename, content_type, size,
 * url}`; each field is read from either. An item of any other type still counts as a file, so that the reader of the mail
 * sees that one is missing. Never throws.
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
  return readHeaderValues(value)[0];
}

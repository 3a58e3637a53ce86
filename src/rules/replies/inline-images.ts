/** The parts of a file by which an image in the HTML may refer to it. */
type InlineCandidate = { name: string; contentId: string | undefined };

/** An image source that is a part of the mail (RFC 2392), in double quotes, single quotes or none. */
const source = /(\bsrc\s*=\s*)(?:"cid:([^"]*)"|'cid:([^']*)'|cid:([^\s"'>]+))/gi;

/**
 * Connects images in the HTML with their files. Sweego usually gives no Content-ID. So a reference is matched by content id
 * if there is one, else by name: `cid:image001.png@01DA` is the file `image001.png`.
 *
 * Odoo compares the ids exactly. So matched files get new ids, and the HTML refers to these. A text replaces an image that
 * has no file. All files stay attached.
 *
 * @param idOf makes the content id of the file at a position, without angle brackets
 * @returns the content ids in the order of the files; undefined for files that are not inline images
 */
export function tieInlineImages(
  html: string,
  files: readonly InlineCandidate[],
  idOf: (position: number) => string,
): { html: string; contentIds: (string | undefined)[] } {
  const byId = firstPositions(files.map(({ contentId }) => contentId));
  const byName = firstPositions(files.map(({ name }) => name));
  const contentIds = files.map((): string | undefined => undefined);
  const tied = html.replace(source, (whole, before: string, ...references: (string | undefined)[]) => {
    const wanted = comparable(references.slice(0, 3).find((each) => each !== undefined) ?? '');
    const position = byId.get(wanted) ?? byName.get(wanted) ?? byName.get(wanted.replace(/@[^@]*$/, ''));
    if (position === undefined) return whole;
    contentIds[position] = idOf(position);
    return `${before}"cid:${idOf(position)}"`;
  });
  const known = new Set(contentIds);
  return { html: tied.replace(/<img\b[^<>]*>/gi, (image) => placeholder(image, known)), contentIds };
}

function firstPositions(texts: readonly (string | undefined)[]): Map<string, number> {
  const positions = new Map<string, number>();
  for (const [position, text] of texts.entries()) {
    const key = comparable(text ?? '');
    if (key !== '' && !positions.has(key)) positions.set(key, position);
  }
  return positions;
}

function comparable(text: string): string {
  return percentDecoded(text.replaceAll('&amp;', '&')).replace(/[<>]/g, '').trim().toLowerCase();
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function placeholder(image: string, known: ReadonlySet<string | undefined>): string {
  const reference = [...image.matchAll(source)].map(
    ([, , double, single, bare]) => double ?? single ?? bare,
  )[0];
  if (reference === undefined || known.has(reference)) return image;
  return `[${reference.replace(/@[^@]*$/, '').replace(/[<>]/g, '')}]`;
}

import { StandInFault } from './protocol.ts';

/** Between two tags: what kind of piece it is, its tag name or text. */
type Piece = { open: string } | { close: string } | { text: string };

/**
 * Reads an XML-RPC call as strictly as Python does (xmlrpc.client.loads over expat): any other document is
 * refused, and line ends are normalised (XML 1.0, 2.11).
 *
 * @throws StandInFault ExpatError
 */
export function readMethodCall(body: string): { methodName: string; params: unknown[] } {
  const pieces = [...piecesOf(body)].reverse();
  const next = (): Piece | undefined => pieces.pop();
  const peek = (): Piece | undefined => pieces.at(-1);

  function skipSpace(): void {
    for (let piece = peek(); piece !== undefined && 'text' in piece && !piece.text.trim(); piece = peek()) {
      next();
    }
  }
  function isNext(tag: string): boolean {
    skipSpace();
    const piece = peek();
    return piece !== undefined && 'open' in piece && piece.open === tag;
  }
  function open(tag: string): void {
    skipSpace();
    const piece = next();
    if (piece === undefined || !('open' in piece) || piece.open !== tag) throw notWellFormed();
  }
  function close(tag: string): void {
    skipSpace();
    const piece = next();
    if (piece === undefined || !('close' in piece) || piece.close !== tag) throw notWellFormed();
  }
  function text(): string {
    let found = '';
    for (let piece = peek(); piece !== undefined && 'text' in piece; piece = peek()) {
      found += piece.text;
      next();
    }
    return found;
  }
  function element<T>(tag: string, content: () => T): T {
    open(tag);
    const value = content();
    close(tag);
    return value;
  }
  function all<T>(tag: string, content: () => T): T[] {
    const found: T[] = [];
    while (isNext(tag)) found.push(element(tag, content));
    return found;
  }
  function value(): unknown {
    skipSpace();
    const piece = next();
    if (piece === undefined || !('open' in piece)) throw notWellFormed();
    const read = readers[piece.open];
    if (read === undefined) throw notWellFormed();
    const found = read();
    close(piece.open);
    return found;
  }
  const readers: Readonly<Record<string, () => unknown>> = {
    string: text,
    int: () => Number(text()),
    i8: () => Number(text()),
    double: () => Number(text()),
    boolean: () => text() === '1',
    nil: () => null,
    array: () => element('data', () => all('value', value)),
    struct: () =>
      Object.fromEntries(
        all('member', () => [element('name', text), element('value', value)] as [string, unknown]),
      ),
  };
  return element('methodCall', () => ({
    methodName: element('methodName', text),
    params: element('params', () => all('param', () => element('value', value))),
  }));
}

function* piecesOf(body: string): Generator<Piece> {
  const document = body.replace(/^<\?xml[^>]*\?>\s*/, '').replace(/\r\n?/g, '\n');
  const token = /<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)(\w+)\s*(\/?)>|([^<]+)/y;
  while (token.lastIndex < document.length) {
    const found = token.exec(document);
    if (found === null) throw notWellFormed();
    const [, cdata, closing, tag, selfClosing, text] = found;
    if (cdata !== undefined) yield { text: cdata };
    else if (text !== undefined) yield { text: unescape(text) };
    else if (tag !== undefined && closing === '/') yield { close: tag };
    else if (tag !== undefined) {
      yield { open: tag };
      if (selfClosing === '/') yield { close: tag };
    }
  }
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescape(text: string): string {
  // eslint-disable-next-line no-control-regex -- expat refuses them
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]|\]\]>/.test(text)) throw notWellFormed();
  return text.replace(/&(?:#x([0-9a-f]+)|(\w+));/gi, (_all, hex: string | undefined, name: string) =>
    hex === undefined ? (entities[name] ?? '') : String.fromCodePoint(Number.parseInt(hex, 16)),
  );
}

function notWellFormed(): StandInFault {
  return new StandInFault(
    'xml.parsers.expat.ExpatError',
    'not well-formed (invalid token): line 1, column 0',
  );
}

import { StandInFault } from '../faults.ts';

type Element = { tag: string; text: string; children: Element[] };

/**
 * Reads an XML-RPC call as strictly as Python does (xmlrpc.client.loads over expat): any other document is refused,
 * and line ends are normalised (XML 1.0, 2.11).
 *
 * @throws StandInFault ExpatError
 */
export function readMethodCall(body: string): { methodName: string; params: unknown[] } {
  const [methodName, params] = childrenOf(readDocument(body), 'methodCall', ['methodName', 'params']);
  return {
    methodName: methodName.text,
    params: params.children.map((param) => valueIn(childrenOf(param, 'param', ['value'])[0])),
  };
}

function readDocument(body: string): Element {
  const document = body.replace(/^<\?xml[^>]*\?>\s*/, '').replace(/\r\n?/g, '\n');
  const root: Element = { tag: '', text: '', children: [] };
  const open = [root];
  const token = /<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)(\w+)\s*(\/?)>|([^<]+)/y;
  while (token.lastIndex < document.length) {
    const found = token.exec(document) ?? refuse();
    const [, cdata, closing, tag, selfClosing, text = ''] = found;
    const parent = open.at(-1) ?? refuse();
    if (tag === undefined) {
      parent.text += cdata ?? unescape(text);
    } else if (closing) {
      if (parent.tag !== tag) refuse();
      open.pop();
    } else {
      const element = { tag, text: '', children: [] };
      parent.children.push(element);
      if (!selfClosing) open.push(element);
    }
  }
  const [element, ...others] = root.children;
  return element !== undefined && others.length + open.length === 1 ? element : refuse();
}

/** Checks what an element is, and that it has exactly these children and nothing between them. */
function childrenOf<Tags extends readonly string[]>(
  { tag, text, children }: Element,
  expected: string,
  tags: readonly [...Tags],
): { [Index in keyof Tags]: Element } {
  const isRight =
    tag === expected && text.trim() === '' && children.map((child) => child.tag).join() === tags.join();
  return isRight ? (children as { [Index in keyof Tags]: Element }) : refuse();
}

function valueIn({ text, children: [typed, ...others] }: Element): unknown {
  if (typed === undefined || others.length > 0 || text.trim() !== '') return refuse();
  switch (typed.tag) {
    case 'string':
      return typed.text;
    case 'int':
    case 'i8':
    case 'double':
      return Number(typed.text);
    case 'boolean':
      return typed.text === '1';
    case 'nil':
      return null;
    case 'array':
      return childrenOf(typed, 'array', ['data'])[0].children.map(valueIn);
    case 'struct':
      return Object.fromEntries(
        typed.children.map((member) => {
          const [name, value] = childrenOf(member, 'member', ['name', 'value']);
          return [name.text, valueIn(value)] as const;
        }),
      );
    default:
      return refuse();
  }
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescape(text: string): string {
  // eslint-disable-next-line no-control-regex -- expat refuses them
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]|\]\]>/.test(text)) refuse();
  return text.replace(/&(?:#x([0-9a-f]+)|(\w+));/gi, (_all, hex: string | undefined, name: string) =>
    hex === undefined ? (entities[name] ?? '') : String.fromCodePoint(Number.parseInt(hex, 16)),
  );
}

function refuse(): never {
  throw new StandInFault('xml.parsers.expat.ExpatError', 'not well-formed (invalid token): line 1, column 0');
}

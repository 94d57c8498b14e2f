/** One element of a page, with its children in order. */
export type Element = {
  name: string;
  attributes: Record<string, string>;
  children: (Element | string)[];
  parent?: Element;
};

const voids = ['meta', 'input', 'br', 'link', 'img', 'hr', 'col'];
const tag = /<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*(\/?)>/y;

/** Reads what Lifeboat writes: tags that nest, attributes in double quotes or bare. Throws at anything else. */
export function parseHtml(text: string): Element {
  const root: Element = { name: '#root', attributes: {}, children: [] };
  let open = root;
  const body = text.replace(/^<!doctype html>/i, '');
  for (let at = 0; at < body.length; ) {
    if (body[at] !== '<') {
      const end = body.indexOf('<', at);
      const next = end === -1 ? body.length : end;
      open.children.push(decode(body.slice(at, next)));
      at = next;
      continue;
    }
    tag.lastIndex = at;
    const match = tag.exec(body);
    if (!match) throw new Error(`no tag at ${at}: ${body.slice(at, at + 60)}`);
    const [whole, closing, name = '', attributes = '', selfClosing] = match;
    at += whole.length;
    if (closing) {
      if (open.name !== name) throw new Error(`</${name}> closes <${open.name}>`);
      open = open.parent ?? root;
      continue;
    }
    const element: Element = { name, attributes: attributesIn(attributes), children: [], parent: open };
    open.children.push(element);
    if (!selfClosing && !voids.includes(name)) open = element;
  }
  if (open !== root) throw new Error(`<${open.name}> is never closed`);
  return root;
}

function attributesIn(text: string): Record<string, string> {
  const found = text.matchAll(/([\w:-]+)(?:="([^"]*)")?/g);
  return Object.fromEntries([...found].map(([, name = '', value = '']) => [name, decode(value)]));
}

function decode(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

/** All elements below, in the order of the page, of one of the names or of any. */
export function elements(from: Element, ...names: string[]): Element[] {
  return from.children.flatMap(child =>
    typeof child === 'string'
      ? []
      : [...(names.length === 0 || names.includes(child.name) ? [child] : []), ...elements(child, ...names)],
  );
}

/** The text of an element as it is read out. */
export function textOf(element: Element): string {
  return element.children
    .map(child => (typeof child === 'string' ? child : child.name === 'style' ? '' : textOf(child)))
    .join('')
    .replace(/\s+/g, ' ')
    .trim();
}

/** An element with its text, or with others inside. */
export type Element = { name: string; text: string; children: Element[] };

/** Reads what the SDK writes: elements, attributes that say nothing, and the five entities. */
export function parseXml(text: string): Element {
  const root: Element = { name: '', text: '', children: [] };
  const open = [root];
  for (const [, close, name = '', empty, chars] of text.matchAll(
    /<(\/?)([\w:.-]+)[^>]*?(\/?)>|<\?[^>]*\?>|([^<]+)/g,
  )) {
    const inside = open.at(-1) ?? root;
    if (chars !== undefined) inside.text += unescaped(chars);
    else if (name === '') continue;
    else if (close) open.pop();
    else {
      const element: Element = { name, text: '', children: [] };
      inside.children.push(element);
      if (!empty) open.push(element);
    }
  }
  return root.children[0] ?? root;
}

const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
const unescaped = (text: string) =>
  text.replaceAll(/&(#x[\da-f]+|#\d+|\w+);/gi, (all, entity: string) => {
    if (!entity.startsWith('#')) return entities[entity] ?? all;
    return String.fromCodePoint(Number(entity.startsWith('#x') ? `0x${entity.slice(2)}` : entity.slice(1)));
  });

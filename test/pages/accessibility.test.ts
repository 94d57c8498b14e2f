import { describe, expect, it } from 'vitest';
import { allPages } from './all-pages.ts';
import { contrast, palettes, resolve, rulesOf } from './contrast.ts';
import { type Element, elements, parseHtml, textOf } from './html.ts';

/** What WCAG 2.2 asks of every page at level AA and a parser can see. A browser looks again in test/e2e/pages.e2e.ts. */
const pages = (await allPages()).map(page => ({ ...page, root: parseHtml(page.html) }));

describe.each(pages)('the page $name', ({ root, html }) => {
  const all = elements(root);
  const ids = all.flatMap(({ attributes }) => attributes.id ?? []);

  it('says its language, title and width', () => {
    const [page] = elements(root, 'html');
    expect(page?.attributes.lang).toBe('en');
    expect(textOf(elements(root, 'title')[0] as Element).length).toBeGreaterThan(3);
    const viewport = elements(root, 'meta').find(({ attributes }) => attributes.name === 'viewport');
    expect(viewport?.attributes.content).toBe('width=device-width, initial-scale=1');
  });

  it('has one main part, and nothing to read outside of landmarks', () => {
    expect(elements(root, 'main')).toHaveLength(1);
    const body = elements(root, 'body')[0] as Element;
    const outside = body.children.filter(child =>
      typeof child === 'string'
        ? child.trim() !== ''
        : !['header', 'aside', 'main', 'footer', 'nav'].includes(child.name),
    );
    expect(outside.map(child => (typeof child === 'string' ? child : child.attributes.class))).toEqual([]);
  });

  it('has one heading of the first level, and leaves no level out', () => {
    const levels = elements(root, 'h1', 'h2', 'h3', 'h4').map(({ name }) => Number(name[1]));
    expect(levels.filter(level => level === 1)).toHaveLength(1);
    expect(levels[0]).toBe(1);
    for (const [index, level] of levels.slice(1).entries())
      expect(level - (levels[index] ?? 0)).toBeLessThanOrEqual(1);
  });

  it('names ids once, and refers to none that is missing', () => {
    expect(new Set(ids).size).toBe(ids.length);
    const references = ['aria-labelledby', 'aria-describedby', 'for'].flatMap(name =>
      all.flatMap(({ attributes }) => attributes[name]?.split(' ') ?? []),
    );
    expect(references.filter(id => !ids.includes(id))).toEqual([]);
  });

  it('names every field, button, link and picture', () => {
    const labelled = elements(root, 'label').map(({ attributes }) => attributes.for);
    const fields = elements(root, 'input', 'textarea', 'select').filter(
      ({ attributes }) => attributes.type !== 'hidden',
    );
    expect(fields.filter(({ attributes }) => !labelled.includes(attributes.id ?? ''))).toEqual([]);
    for (const active of elements(root, 'button', 'a', 'summary')) expect(textOf(active)).not.toBe('');
    const drawings = elements(root, 'svg').filter(
      ({ attributes }) =>
        !attributes['aria-label'] && !attributes['aria-labelledby'] && attributes['aria-hidden'] !== 'true',
    );
    expect(drawings.map(({ attributes }) => attributes.class)).toEqual([]);
    expect(
      elements(root, 'svg').filter(({ attributes }) => attributes['aria-label'] && attributes.role !== 'img'),
    ).toEqual([]);
  });

  it('has tables with a caption, and headings that say what they head', () => {
    for (const table of elements(root, 'table')) {
      expect(elements(table, 'caption').map(textOf).join('')).not.toBe('');
      const heads = elements(table, 'th');
      expect(heads.length).toBeGreaterThan(0);
      expect(
        heads.filter(({ attributes }) => attributes.scope !== 'col' && attributes.scope !== 'row'),
      ).toEqual([]);
    }
  });

  it('has lists with nothing but items in them', () => {
    for (const list of elements(root, 'ul', 'ol')) {
      const other = list.children.filter(child =>
        typeof child === 'string' ? child.trim() !== '' : child.name !== 'li',
      );
      expect(other).toEqual([]);
    }
  });

  it('can be scrolled sideways with the keyboard where it scrolls', () => {
    const wide = all.filter(
      ({ attributes }) => /\b(scroll|gantt)\b/.test(attributes.class ?? '') && attributes.class !== undefined,
    );
    for (const { attributes, name } of wide.filter(({ name }) => name === 'div')) {
      expect({ name, tabindex: attributes.tabindex, role: attributes.role }).toEqual({
        name,
        tabindex: '0',
        role: 'region',
      });
      expect(attributes['aria-label'] ?? attributes['aria-labelledby']).toBeTruthy();
    }
  });

  it('needs no script, no font and no picture from anywhere', () => {
    expect(elements(root, 'script', 'link', 'img', 'iframe')).toEqual([]);
    expect(html).not.toMatch(/@import|url\((?!#)/);
  });

  const css = textOfStyle(root);
  it.each(Object.entries(palettes(css)))('can be read in %s: 4.5 to 1 for every text', (_scheme, palette) => {
    const grounds = ['ground', 'page', 'card'].flatMap(name => palette[name] ?? []);
    expect(grounds.length).toBeGreaterThan(1);
    const rules = rulesOf(css);
    expect(rules.filter(({ color }) => color).length).toBeGreaterThan(5);
    const bad = rules.flatMap(({ selector, color, background }) => {
      const ink =
        resolve(color, palette) ?? (background && selector.startsWith('button') ? '#fff' : undefined);
      if (!ink) return [];
      const on = resolve(background, palette);
      return (on ? [on] : selector.includes('.mode') || selector.startsWith('button') ? [] : grounds)
        .map(ground => ({ selector, ink, ground, ratio: contrast(ink, ground) }))
        .filter(({ ratio }) => ratio < 4.5);
    });
    expect(bad).toEqual([]);
  });

  it.each(Object.entries(palettes(css)))('shows in %s where the keyboard is', (_scheme, palette) => {
    const [, colour] = /:focus-visible\{outline:3px solid (var\(--[\w-]+\))/.exec(css) ?? [];
    const outline = resolve(colour, palette) ?? '';
    for (const name of ['ground', 'page', 'card'])
      if (palette[name]) expect(contrast(outline, palette[name])).toBeGreaterThanOrEqual(3);
  });
});

describe('the decision page', () => {
  const decisions = pages.filter(({ html }) => html.includes('class="system"'));

  it('has at most 30 KB in any of its states', () => {
    expect(decisions.length).toBeGreaterThan(10);
    for (const { html } of decisions) expect(Buffer.byteLength(html)).toBeLessThanOrEqual(30 * 1024);
  });

  it('has the banner of the run in a colour that can be read on', () => {
    const css = textOfStyle(decisions[0]?.root as Element);
    for (const palette of Object.values(palettes(css)))
      for (const name of ['live', 'drill', 'dry', 'yes', 'no', 'calm'])
        expect(contrast('#fff', palette[name] ?? '')).toBeGreaterThanOrEqual(4.5);
  });

  it('says what went wrong before anything else, so that it is read out', () => {
    const again = pages.find(({ name }) => name === 'approval without its reason');
    const notice = elements(again?.root as Element).find(({ attributes }) => attributes.role === 'alert');
    expect(again?.statusCode).toBe(400);
    expect(notice && textOf(notice)).toMatch(/^Nothing was recorded/);
  });
});

function textOfStyle(root: Element): string {
  return elements(root, 'style')
    .flatMap(({ children }) => children)
    .join('');
}

import { readFileSync } from 'node:fs';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

/**
 * The plan of a lint rule's fixture, `triggers` or `clean`. A fixture that is no whole plan has only the sections that it
 * is about; all others are those of `fixture-base.yml`.
 */
export function fixtureText(rule: string, name: string): string {
  const own = read(`./fixtures/${rule}/${name}.yml`);
  if (/^lifeboat:/m.test(own)) return own;
  const sections = (text: string) => text.split(/^(?=[a-zA-Z])/m);
  const keyOf = (section: string) => section.split(':', 1)[0] ?? '';
  const mine = new Set(sections(own).map(keyOf));
  // The backups of the base are those of its components.
  if (mine.has('components')) mine.add('backups');
  const base = sections(read('./fixture-base.yml')).filter(section => !mine.has(keyOf(section)));
  return [...base, own].join('');
}

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { actionsPage } from '../../scripts/reference/actions-page.ts';
import { lintRulesPage } from '../../scripts/reference/lint-rules-page.ts';
import { listKinds } from '../../shared/actions/load-actions.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

describe('the reference pages', () => {
  it('say what the actions say (mend: node scripts/write-reference.ts)', async () => {
    expect(read('docs/reference/actions.md')).toBe(await actionsPage());
  });

  it('say what the rules say (mend: node scripts/write-reference.ts)', async () => {
    expect(read('docs/reference/lint-rules.md')).toBe(await lintRulesPage());
  });

  it('have a section for each kind of action', () => {
    const page = read('docs/reference/actions.md');
    for (const kind of listKinds()) expect(page).toContain(`\n## ${kind}\n`);
  });

  it('list every rule that the source of validate names', () => {
    const page = read('docs/reference/lint-rules.md');
    const missing = rulesInSource().filter(
      rule => !page.includes(`\`${rule}\``) && !page.includes(`### ${rule}\n`),
    );
    expect(missing).toEqual([]);
  });
});

/** Names of rules, wherever a finding is made. */
function rulesInSource(): string[] {
  const files = readdirSync(new URL('shared/plan/', root), { recursive: true, encoding: 'utf8' });
  const named =
    /(?:\brule: |\bid: |textProblem\(\s*|#add\(\s*|problem\((?:'[a-z]+', )?)'([a-z]+(?:-[a-z0-9]+)+)'/gi;
  const found = files
    .filter(file => file.endsWith('.ts'))
    .flatMap(file => [...read(`shared/plan/${file}`).matchAll(named)].map(match => match[1] ?? ''));
  return [...new Set(found)].sort();
}

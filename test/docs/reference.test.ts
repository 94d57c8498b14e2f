import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { actionsPage } from '../../scripts/reference/actions-page.ts';
import { faultsPage } from '../../scripts/reference/faults-page.ts';
import { flawsPage } from '../../scripts/reference/flaws-page.ts';
import { messagesPage } from '../../scripts/reference/messages-page.ts';
import { planPage } from '../../scripts/reference/plan-page.ts';
import { listKinds } from '../../shared/actions/load-actions.ts';
import { componentSchema } from '../../shared/plan/components.ts';
import { channelSchema, signalSchema } from '../../shared/plan/schema.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

describe('the reference pages', () => {
  it('say what the actions say (mend: node scripts/write-reference.ts)', async () => {
    expect(read('docs/reference/actions.md')).toBe(await actionsPage());
  });

  it('say what the schema and the simulator say (mend: node scripts/write-reference.ts)', () => {
    expect(read('docs/reference/plan.md')).toBe(planPage());
    expect(read('docs/reference/faults.md')).toBe(faultsPage());
    expect(read('docs/reference/flaws.md')).toBe(flawsPage());
    expect(read('docs/reference/messages.md')).toBe(messagesPage());
  });

  it('have a section for each type of component, signal and channel', () => {
    const page = read('docs/reference/plan.md');
    const options = [...componentSchema.options, ...signalSchema.options, ...channelSchema.options];
    const types = options.map(({ shape }) => shape.type.value);
    expect(types.filter(type => !page.includes(`\n### \`${type}\`\n`))).toEqual([]);
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

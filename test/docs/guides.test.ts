import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commands } from '../../cli/commands.ts';
import { checkPlan } from '../../shared/plan/check.ts';

const guide = (name: string) => readFileSync(new URL(`../../docs/guide/${name}.md`, import.meta.url), 'utf8');

describe('the guides', () => {
  it("quote LIQUID ABT's plan as it is", () => {
    const plan = readFileSync(new URL('../../plans/liquid-abt/plan.yml', import.meta.url), 'utf8');
    const lines = new Set(plan.split('\n').map(line => line.trim()));
    const quoted = [...guide('writing-a-plan').matchAll(/^```yaml\n([\s\S]*?)^```/gm)]
      .flatMap(([, block = '']) => block.split('\n'))
      .map(line => line.trim());
    expect(quoted.length).toBeGreaterThan(100);
    expect(quoted.filter(line => line !== '' && !lines.has(line))).toEqual([]);
  });

  it('quote the example of systems that depend on one another as it is', () => {
    const plan = readFileSync(new URL('../../examples/tool-library/plan.yml', import.meta.url), 'utf8');
    const [, section = ''] = guide('writing-a-plan').split('### Systems that depend on one another');
    const [, block = ''] = /^```text\n([\s\S]*?)^```/m.exec(section) ?? [];
    const quoted = block.split('\n').filter(line => line !== '' && line !== '…');
    expect(quoted.length).toBeGreaterThan(3);
    expect(quoted.filter(line => !plan.includes(line))).toEqual([]);
  });

  it('quote the code of the worked example as it is', () => {
    let source = '';
    const quoted: string[] = [];
    for (const [, path, block] of guide('adding-an-action').matchAll(
      /^`([\w./-]+\.ts)`:$|^```ts\n([\s\S]*?)^```/gm,
    )) {
      if (path) source = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
      if (block)
        quoted.push(...block.split('\n').filter(line => line.trim() !== '' && !source.includes(line)));
    }
    expect(quoted).toEqual([]);
  });

  it('show what validate says of the two slips', async () => {
    const plan = readFileSync(new URL('../../plans/liquid-abt/plan.yml', import.meta.url), 'utf8');
    const text = plan
      .replace('kmsKey:', 'kmskey:')
      .replaceAll('target: database-restored', 'target: database-restord');
    const { findings } = await checkPlan({ text, file: 'plan.yml' });
    const errors = findings.filter(({ severity }) => severity === 'error');
    expect(errors).toHaveLength(5);
    const page = guide('writing-a-plan').replace(/plan\.yml:\d+:\d+/g, 'plan.yml');
    for (const { rule, message, mend } of errors) {
      expect(page).toContain(`plan.yml  error  ${rule}  ${message}\n    mend: ${mend}\n`);
    }
  });

  it('show the commands on a deployed system with their real usage', () => {
    const page = guide('operating').replaceAll('\\|', '|');
    const operating = [
      'start',
      'status',
      'ack',
      'approve',
      'deny',
      'retry',
      'skip',
      'done',
      'abort',
      'resolve',
    ];
    for (const name of [...operating, 'switch']) {
      expect(page).toContain(`\`lifeboat ${name} ${commands[name]?.usage}\``);
    }
  });

  it('call no command that does not exist', () => {
    const pages = ['writing-a-plan', 'rehearsing', 'deploying', 'operating'].map(guide).join('\n');
    const called = [...pages.matchAll(/(?:npx|`)\s?lifeboat ([a-z-]+)/g)].map(match => match[1] ?? '');
    expect(called.length).toBeGreaterThan(20);
    expect(called.filter(name => !Object.hasOwn(commands, name))).toEqual([]);
  });
});

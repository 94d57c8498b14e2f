import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commands } from '../../cli/commands.ts';
import { messageFields } from '../../shared/communication/templates.ts';
import { componentSchema } from '../../shared/plan/components.ts';
import { signalSchema } from '../../shared/plan/schema.ts';
import { knownFaults } from '../../simulator/faults/faults.ts';

const guide = (name: string) => readFileSync(new URL(`../../docs/guide/${name}.md`, import.meta.url), 'utf8');

describe('the guides', () => {
  it('list every fault with what it does', () => {
    const page = guide('rehearsing');
    for (const [name, does] of Object.entries(knownFaults))
      expect(page).toContain(`| \`${name}\` | ${does} |`);
  });

  it('list every field of messages', () => {
    const page = guide('writing-a-plan');
    for (const [name, is] of Object.entries(messageFields)) expect(page).toContain(`| \`${name}\` | ${is} |`);
  });

  it('name every type of component and signal', () => {
    const page = guide('writing-a-plan');
    const types = [...componentSchema.options, ...signalSchema.options].map(({ shape }) => shape.type.value);
    expect(types.filter(type => !page.includes(`\`${type}\``))).toEqual([]);
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
    const called = [...pages.matchAll(/(?:npx|`)\s?lifeboat ([a-z]+)/g)].map(match => match[1] ?? '');
    expect(called.length).toBeGreaterThan(20);
    expect(called.filter(name => !Object.hasOwn(commands, name))).toEqual([]);
  });
});

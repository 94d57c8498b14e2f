import { describe, expect, it } from 'vitest';
import { commands } from '../../cli/commands.ts';
import { lifeboat, planPath } from './collect.ts';

describe('lifeboat', () => {
  it('without a command shows what there is, as a mistake', async () => {
    const { code, out } = await lifeboat([]);
    expect(code).toBe(2);
    expect(out).toContain('Usage: lifeboat <command>');
  });

  it.each(['help', '--help', '-h'])('%s shows every command with what it does', async argument => {
    const { code, out, err } = await lifeboat([argument]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const [name, { summary }] of Object.entries(commands)) {
      expect(out).toMatch(new RegExp(`^ {2}${name} +${summary.slice(0, 20)}`, 'm'));
    }
  });

  it('--version says which one it is', async () => {
    expect(await lifeboat(['--version'])).toMatchObject({ code: 0, out: /^\d+\.\d+\.\d+\n$/ });
  });

  it.each([
    ['rehears', 'Did you mean "rehearse"?'],
    ['constructor', 'There are: validate, graph, rehearse'],
    ['toString', 'There is no command "toString"'],
  ])('%s is no command', async (name, hint) => {
    const { code, out, err } = await lifeboat([name]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(hint);
  });

  it.each(Object.keys(commands))('%s --help shows how it is used and runs nothing', async name => {
    const { code, out, err } = await lifeboat([name, '--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(commands[name]?.summary);
    expect(out).toContain(`Usage: lifeboat ${name} PLAN`);
  });

  it.each(Object.keys(commands))('%s names an option that it does not have', async name => {
    const { code, out, err } = await lifeboat([name, planPath, '--sed', '3']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain("'--sed'");
    expect(err).toContain(`Usage: lifeboat ${name} `);
  });

  it('names an option whose value is missing', async () => {
    const { code, err } = await lifeboat(['rehearse', planPath, '--scenario']);
    expect(code).toBe(2);
    expect(err).toContain('--scenario');
  });
});

describe('validate', () => {
  it('exits with 0 for a plan that is in order', async () => {
    const { code, out } = await lifeboat(['validate', planPath]);
    expect(code).toBe(0);
    expect(out).toContain(`${planPath} is in order`);
  });

  it('exits with 1 for one that has errors or is not there', async () => {
    const { code, out } = await lifeboat(['validate', 'package.json', 'plans/none.yml']);
    expect(code).toBe(1);
    expect(out).toContain('package.json:1:1');
    expect(out).toContain('plans/none.yml');
  });

  it('without a plan exits with 2', async () => {
    expect((await lifeboat(['validate'])).code).toBe(2);
  });
});

describe('campaign', () => {
  it.each([
    [['campaign']],
    [['campaign', planPath, '--runs', 'many']],
    [['campaign', planPath, '--seed', '-1']],
    [['campaign', 'plans/none.yml']],
  ])('%j exits with 2', async argv => {
    const { code, out } = await lifeboat(argv);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });
});

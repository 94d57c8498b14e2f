import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { validate } from '../../cli/commands/validate.ts';

const good = fileURLToPath(new URL('../../plans/liquid-abt/plan.yml', import.meta.url));
const waived = fileURLToPath(new URL('../plan/fixtures/us-east-1-control-plane/clean.yml', import.meta.url));
const bad = fileURLToPath(new URL('../plan/fixtures/traffic-before-readiness/triggers.yml', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'lifeboat-validate-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function run(plans: string[], json = false) {
  const written = { out: '', err: '' };
  const io = {
    out: (text: string) => {
      written.out += text;
    },
    err: (text: string) => {
      written.err += text;
    },
  };
  return { code: await validate({ plans, json }, io), ...written };
}

describe('lifeboat validate', () => {
  it('answers 0 for a plan in order', async () => {
    const { code, out } = await run([good]);
    expect(code).toBe(0);
    expect(out).toBe(`${good} is in order: 0 errors, 0 warnings, 1 waived by the plan\n`);
  });

  it('tells place, severity, rule and how to mend it, and answers 1', async () => {
    const { code, out } = await run([bad]);
    expect(code).toBe(1);
    expect(out).toMatch(
      /triggers\.yml:\d+:17 {2}error {2}traffic-before-readiness {2}The step "move" .*\n {4}mend: Put an elbv2/,
    );
    expect(out).toMatch(/can not be used: 1 error, 0 warnings\n$/);
  });

  it('answers 2 without a plan', async () => {
    const { code, out, err } = await run([]);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(/lifeboat validate plans/);
  });

  it('tells waived warnings in the JSON only', async () => {
    expect((await run([waived])).out).toMatch(/is in order: 0 errors, 0 warnings, 1 waived by the plan\n$/);
    const json = JSON.parse((await run([waived], true)).out);
    expect(json).toMatchObject({ ok: true, errors: 0, warnings: 0, waived: 1 });
    expect(json.findings).toMatchObject([{ rule: 'us-east-1-control-plane', waived: /Accelerated/ }]);
  });

  it('checks all plans that are named, as one object', async () => {
    const { code, out } = await run([good, bad, join(folder, 'none.yml')], true);
    expect(code).toBe(1);
    const { ok, errors, findings } = JSON.parse(out);
    expect({ ok, errors }).toEqual({ ok: false, errors: 2 });
    expect(findings.map((finding: { rule: string }) => finding.rule)).toEqual([
      'automatic-on-one-observer',
      'traffic-before-readiness',
      'unreadable-file',
    ]);
  });

  it('lets nothing of the file through to the terminal', async () => {
    const path = join(folder, 'plan.yml');
    writeFileSync(path, '"\\e[31mred": 1\n');
    const { out } = await run([path]);
    expect(out).not.toContain('\u001b');
    expect(out).toContain('red');
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadPlan } from '../../shared/plan/load.ts';

const folder = mkdtempSync(join(tmpdir(), 'lifeboat-plan-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('what is no plan at all', () => {
  it.each<[string, string | Buffer, string, number]>([
    ['an empty file', '', 'empty-file', 1],
    ['nothing but comments', '# to be written\n', 'empty-file', 1],
    ['a list', '- a\n- b\n', 'not-a-plan', 1],
    ['a sentence', 'This is our plan.', 'not-a-plan', 1],
    [
      'a picture',
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, 0xff]),
      'binary-file',
      1,
    ],
    ['text with a zero byte', 'a: 1\nb: \0\n', 'binary-file', 2],
    ['UTF-16', Buffer.from('\ufefflifeboat: 1\n', 'utf16le'), 'not-utf8', 1],
    ['Latin-1', Buffer.from('lifeboat: 1\nsystem: M\u00fcnchen\n', 'latin1'), 'not-utf8', 2],
    ['a megabyte and more', 'a'.repeat(1_000_001), 'too-large', 1],
    ['brackets without end', '['.repeat(50_000), 'nested-too-deeply', 1],
    ['values nested in each other', `a: ${'['.repeat(60)}${']'.repeat(60)}\n`, 'nested-too-deeply', 1],
    ['another version of YAML', '%YAML 1.1\n---\nlifeboat: 1\n', 'yaml-version', 1],
    ['closing brackets only', '}'.repeat(50_000), 'not-yaml', 1],
  ])('%s', async (_, content, rule, line) => {
    const { plan, findings } = await loadPlan(file('plan.yml', content));
    expect(plan).toBeUndefined();
    expect(findings).toContainEqual(expect.objectContaining({ rule, line, severity: 'error' }));
  });

  it.each([
    ['a file that is not there', join(folder, 'none.yml'), /no such file/],
    ['a folder', folder, /folder/],
    ['a path through a file', join(file('x.yml', 'x'), 'plan.yml'), /no such file/],
    ['a path that is none', '\0', /can't be read|zero/],
  ])('%s', async (_, path, message) => {
    const { findings } = await loadPlan(path);
    expect(findings).toMatchObject([{ rule: 'unreadable-file', file: path, line: 1, col: 1 }]);
    expect(findings[0]?.message).toMatch(message);
  });
});

describe('YAML', () => {
  const rules = async (text: string) =>
    (await loadPlan({ text, file: 'p' })).findings.map(finding => finding.rule);

  it('stops aliases that multiply', async () => {
    const levels = Array.from(
      { length: 9 },
      (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(', ')}]`,
    );
    const found = await rules(['l0: &l0 [x]', ...levels].join('\n'));
    expect(found.some(rule => rule === 'too-many-aliases' || rule === 'too-large')).toBe(true);
  });

  it('refuses an alias to what it stands in', async () => {
    expect(await rules('a: &a\n  b: *a\n')).toContain('bad-alias');
  });

  it('takes an anchor for what it stands for', async () => {
    const { findings } = await loadPlan({ text: 'objectives: &o\n  rto: 4x\ntiers: *o\n', file: 'p' });
    expect(findings).toContainEqual(expect.objectContaining({ rule: 'bad-duration', line: 2, col: 8 }));
  });

  it('reads Windows line ends and a byte-order mark', async () => {
    const { findings } = await loadPlan({
      text: '\ufefflifeboat: 1\r\nregions:\r\n  primary: x\r\n',
      file: 'p',
    });
    expect(findings).toContainEqual(expect.objectContaining({ rule: 'wrong-format', line: 3, col: 12 }));
  });

  it('finds duplicate keys among many in no time', async () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`);
    const { findings } = await loadPlan({ text: [...keys, 'k7: 2'].join('\n'), file: 'p' });
    expect(findings.at(-1)).toMatchObject({ rule: 'too-many-findings' });
    expect(findings).toHaveLength(201);
  }, 5_000);

  it('shows what double-encoded text was meant to be', async () => {
    const { findings } = await loadPlan({ text: 'a: CafÃ© â€” donâ€™t ðŸš€\n', file: 'p' });
    const mends = findings.filter(finding => finding.rule === 'mojibake').map(finding => finding.mend[7]);
    expect(mends.slice(0, 3)).toEqual(['é', '—', '’']);
    expect(findings.filter(finding => finding.rule === 'mojibake')).toHaveLength(4);
  });

  it('finds a sentence that a # cuts off, and no comment that is meant as one', async () => {
    const { findings } = await loadPlan({ text: 'a:\n  b: Slack #ops, pinned there\n', file: 'p' });
    expect(findings).toContainEqual(
      expect.objectContaining({ rule: 'text-cut-off', severity: 'warning', line: 2, col: 11 }),
    );
    for (const text of [
      'b: Slack # #ops\n',
      'b: "Slack #ops"\n',
      'b: C#ops\n',
      'b: >-\n  in #ops\n',
      'b: 4 #four\n',
    ])
      expect(await rules(text), text).not.toContain('text-cut-off');
  });

  it('leaves accents, dashes and emoji alone', async () => {
    expect(await rules('a: Café — don’t 🚀 Ä Ö Ü ñ ± §\n')).not.toContain('mojibake');
  });
});

describe('secrets', () => {
  it('are never repeated in a finding', async () => {
    const text = 'components:\n  db:\n    type: rds-instance\n    credentials: postgres://u:hunter2@db/x\n';
    const { findings } = await loadPlan({ text, file: 'p' });
    expect(findings.map(finding => finding.rule)).toContain('secret-in-plan');
    expect(JSON.stringify(findings)).not.toContain('hunter2');
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { aliases } from '../../deploy/bundling.ts';
import { fixedFunctions } from '../../shared/deployment.ts';
import { loadPlan } from '../../shared/plan/load.ts';
import type { Plan } from '../../shared/plan/schema.ts';

const { plan } = await loadPlan('plans/liquid-abt/plan.yml');
if (!plan) throw new Error('the plan has errors');
/** A plan that fails over its database, and asks for nothing else. */
const base: Plan = { ...plan, backups: {}, scenarios: only(plan.scenarios, 'database-failure') };
const replaced = (of: Plan) => Object.keys(aliases(of));

/** The base plan with one more step of this kind. */
function withStep(kind: string): Plan {
  const [[id, scenario] = []] = Object.entries(base.scenarios);
  const phases = scenario?.phases.map(phase => ({
    ...phase,
    steps: [{ id: 'x', title: 'X', do: kind, with: {}, timeout: 60 }, ...phase.steps],
  }));
  return { ...base, scenarios: { ...base.scenarios, [String(id)]: { ...scenario, phases } as never } };
}

describe('clients that a plan has no use for', () => {
  it('are left out of its bundles', () => {
    expect(replaced(base)).toEqual(expect.arrayContaining(['@aws-sdk/client-ec2', '@aws-sdk/client-backup']));
  });

  it.each(['eks.connect', 'backup.check'])('stay out for a step of the kind %s', kind => {
    expect(replaced(withStep(kind))).toEqual(replaced(base));
  });

  it('are there for a step that asks EC2 or restores files, and for backups of volumes and of AWS Backup', () => {
    expect(replaced(withStep('ec2.reboot'))).not.toContain('@aws-sdk/client-ec2');
    expect(replaced(withStep('backup.restore-files'))).not.toContain('@aws-sdk/client-backup');
    const backups = { one: { type: 'volumes' }, two: { type: 'aws-backup' } };
    const held = replaced({ ...base, backups: backups as never });
    expect(held).not.toContain('@aws-sdk/client-ec2');
    expect(held).not.toContain('@aws-sdk/client-backup');
  });

  it('are replaced by modules that have every name which a function imports', async () => {
    const bare = { ...base, channels: {}, scenarios: {}, followUps: {} };
    expect(replaced(bare).filter(client => client.includes('/client-'))).toHaveLength(5);
    const built = build({
      entryPoints: fixedFunctions.map(name => `handlers/${name}.ts`),
      alias: aliases(bare),
      external: ['@electric-sql/pglite'],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outdir: 'nowhere',
      write: false,
      logLevel: 'silent',
    });
    // Where a name is missing, esbuild says which and where.
    await expect(built).resolves.toMatchObject({ errors: [], warnings: [] });
  });

  it('are used by no family but the one that keeps them', () => {
    const users = (client: string) =>
      readdirSync('shared/actions', { recursive: true, encoding: 'utf8' }).filter(
        file => file.endsWith('.ts') && imports(`shared/actions/${file}`, client),
      );
    expect(users('@aws-sdk/client-ec2').every(file => file.startsWith('ec2/'))).toBe(true);
    expect(users('@aws-sdk/client-ec2').length).toBeGreaterThan(3);
    expect(users('@aws-sdk/client-backup')).toEqual(['backup/restore-files.ts']);
  });
});

/** Whether a file, or a helper for AWS that it names, imports the client. */
function imports(path: string, client: string): boolean {
  const text = readFileSync(path, 'utf8');
  const helpers = [...text.matchAll(/'\.\.\/(?:\.\.\/)?(aws\/[\w-]+\.ts)'/g)].map(
    ([, file]) => `shared/${file}`,
  );
  return [text, ...helpers.map(file => readFileSync(file, 'utf8'))].some(each =>
    each.includes(`'${client}'`),
  );
}

function only<T>(all: Record<string, T>, id: string): Record<string, T> {
  const one = all[id];
  if (!one) throw new Error(`there is no ${id}`);
  return { [id]: one };
}

import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { packPlan } from '../../deploy/build.ts';
import { packageInto } from '../../deploy/package-into.ts';
import { readZip } from '../../deploy/read-zip.ts';
import { listKinds } from '../../shared/actions/load-actions.ts';
import { liquidAbt, type Resource, resolve, type Template } from '../deploy/support.ts';
import { alone, packageOf } from './deployed/packages.ts';

const folder = mkdtempSync(join(tmpdir(), 'lifeboat-package-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a packaged plan', async () => {
  const packages = await packageOf('liquid-abt');
  const { plan, deployment } = await liquidAbt('whole');
  const text = readFileSync(join(packages, 'cloudformation-template-update-stack.json'), 'utf8');
  const template: Template = JSON.parse(text);
  const resources = Object.entries(template.Resources);
  const ofType = (type: string) => resources.filter(([, { Type }]) => Type === type);
  const functions = ofType('AWS::Lambda::Function');
  const zips = readdirSync(packages).filter(file => file.endsWith('.zip'));

  it('is below the limits of CloudFormation', () => {
    expect(Buffer.byteLength(text)).toBeLessThan(1_000_000);
    expect(resources.length).toBeLessThan(500);
  });

  it('holds everything that was derived from the plan', () => {
    for (const [id, resource] of Object.entries(deployment.resources)) {
      expect(template.Resources[id]).toEqual(JSON.parse(JSON.stringify(resource)));
    }
    expect(functions.map(([, { Properties }]) => Properties.FunctionName).sort()).toEqual(
      Object.values(deployment.functions)
        .map(config => (config as { name: string }).name)
        .sort(),
    );
    expect(
      ofType('AWS::StepFunctions::StateMachine')
        .map(([, { Properties }]) => Properties.StateMachineName)
        .sort(),
    ).toEqual(
      Object.values(deployment.stateMachines)
        .map(({ name }) => name)
        .sort(),
    );
  });

  it('names no resource that it does not have', () => {
    const named = resources.flatMap(([id, resource]) =>
      referencesOf(resource).map(name => [id, name] as const),
    );
    const missing = named.filter(([, name]) => !name.startsWith('AWS::') && !(name in template.Resources));
    expect(missing).toEqual([]);
    expect(named.length).toBeGreaterThan(100);
  });

  it('keeps the log of every function for 400 days', () => {
    const groups = new Map(
      ofType('AWS::Logs::LogGroup').map(([, { Properties }]) => [
        Properties.LogGroupName,
        Properties.RetentionInDays,
      ]),
    );
    for (const [, { Properties }] of functions)
      expect(groups.get(`/aws/lambda/${Properties.FunctionName}`)).toBe(400);
  });

  it('lets every rule call a function, which in turn lets the rule', () => {
    const permissions = ofType('AWS::Lambda::Permission').map(([, { Properties }]) =>
      resolve(Properties),
    ) as {
      FunctionName: string;
      SourceArn: string;
    }[];
    const rules = ofType('AWS::Events::Rule').filter(([id]) => id !== 'HeartbeatRule');
    expect(rules.length).toBeGreaterThanOrEqual(7);
    for (const [id, { Properties }] of rules) {
      const [target] = resolve(Properties.Targets) as { Arn: string }[];
      const name = String(Properties.Name ?? id);
      const source = permissions
        .filter(({ FunctionName }) => FunctionName === target?.Arn)
        .map(({ SourceArn }) => SourceArn);
      expect(
        source.some(arn => arn.endsWith(`/${name}`) || arn === `<${name}.Arn>`),
        name,
      ).toBe(true);
    }
  });

  it('sets aside what triage could not take', () => {
    const configs = ofType('AWS::Lambda::EventInvokeConfig').map(([, { Properties }]) =>
      resolve(Properties),
    ) as Record<string, unknown>[];
    const failed = {
      OnFailure: { Destination: 'arn:aws:sqs:ap-southeast-4:111122223333:lifeboat-liquid-abt-failed-events' },
    };
    expect(configs.map(({ DestinationConfig }) => DestinationConfig)).toEqual([failed, failed]);
  });

  it('has definitions that CloudFormation fills in', () => {
    for (const [, { Properties }] of ofType('AWS::StepFunctions::StateMachine')) {
      // The largest stand in S3 when the template would come near CloudFormation's limit.
      const moved = join(packages, `${Properties.StateMachineName}.asl.json`);
      const definition =
        Properties.DefinitionString === undefined
          ? readFileSync(moved, 'utf8')
          : String(resolve(Properties.DefinitionString));
      expect(JSON.parse(definition)).toHaveProperty('StartAt');
      expect(definition).not.toContain('AWS::');
    }
  });

  it('names no account but those of the components of the plan, and no exports', () => {
    const known = new Set(JSON.stringify(plan.components).match(/(?<=:)\d{12}(?=:)/g));
    const named = new Set(text.match(/(?<=:)\d{12}(?=:)/g));
    expect([...named].filter(name => !known.has(name))).toEqual([]);
    expect(Object.values(template.Outputs ?? {}).filter(outputs => 'Export' in outputs)).toEqual([]);
  });

  it('lets nobody in by a wildcard', () => {
    const open = resources.filter(([, resource]) =>
      /"Principal":(\{"AWS":)?"\*"/.test(JSON.stringify(resource)),
    );
    const denying = open.filter(([, resource]) => !JSON.stringify(resource).includes('"Effect":"Deny"'));
    expect(denying).toEqual([]);
    expect(open.map(([id]) => id)).toEqual(open.length > 0 ? ['ServerlessDeploymentBucketPolicy'] : []);
  });

  it('packs the plan with every function, and nothing but the handler beside it', () => {
    expect(zips).toHaveLength(functions.length);
    for (const zip of zips) {
      const files = readZip(readFileSync(join(packages, zip)));
      const name = zip.slice(0, -'.zip'.length);
      expect([...files.keys()].sort()).toEqual([
        '.lifeboat/build/liquid-abt/plan.json',
        `handlers/${name}.mjs`,
      ]);
      const { estimates, ...packed } = JSON.parse(String(files.get('.lifeboat/build/liquid-abt/plan.json')));
      expect(packed).toEqual(JSON.parse(packPlan(plan)));
      // Messages say from these when a step will be done; nothing is worked out while failing over.
      expect(estimates['region-failure']['restore-database']).toBeGreaterThan(60);
    }
  });

  it('holds the kinds of steps that the plan uses, and no others', () => {
    const families = new Set(deployment.kinds.map(kind => kind.split('.')[0] ?? ''));
    const packed = [...families].flatMap(family => {
      const text = String(
        readZip(readFileSync(join(packages, `${family}.zip`))).get(`handlers/${family}.mjs`),
      );
      return listKinds().filter(kind => kind.startsWith(`${family}.`) && text.includes(`kind:"${kind}"`));
    });
    expect(packed.sort()).toEqual(deployment.kinds);
  });

  it('has zips of at most 300,000 bytes', () => {
    // Backups are made and proven while nothing is wrong, by services of many kinds: a slow first call costs nothing. The
    // client of EC2 alone is 250 kB. LIQUID ABT uses nearly every kind of `rds`, which comes to 305 kB.
    const slow = ['k8s.zip', 'backups.zip', 'verify.zip', 'ec2.zip'];
    for (const zip of zips.filter(file => !slow.includes(file))) {
      const most = zip === 'rds.zip' ? 310_000 : 300_000;
      expect(readFileSync(join(packages, zip)).length, zip).toBeLessThanOrEqual(most);
    }
  });

  it('has handlers that start, and say what is wrong with what they get', async () => {
    const paths = zips.map(zip => {
      const [[name, content]] = [...readZip(readFileSync(join(packages, zip)))].filter(([file]) =>
        file.endsWith('.mjs'),
      ) as [[string, Buffer]];
      const path = join(folder, 'unpacked', name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      return path;
    });
    const script = `
      const answers = {};
      for (const path of ${JSON.stringify(paths)}) {
        const { handler } = await import(path);
        answers[path] = await handler({}, {}).then(() => 'no error', error => error.name);
      }
      process.stdout.write(JSON.stringify(answers));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      env: {},
    });
    expect(new Set(Object.values(JSON.parse(stdout)))).toEqual(new Set(['InvalidInputError']));
  });
});

it('a plan with errors is not packaged, and its findings are said once', async () => {
  const path = join(folder, 'bad.yml');
  const bad = readFileSync('plans/liquid-abt/plan.yml', 'utf8').replace(
    'do: rds.restore',
    'do: rds.restorre',
  );
  writeFileSync(path, bad);
  const packages = join(folder, 'bad');
  const { exitCode, output } = await alone(() => packageInto(packages, path));
  expect(exitCode).toBe(1);
  expect(output.match(/no action of the kind "rds\.restorre"/g)).toHaveLength(1);
  expect(output).toMatch(/bad\.yml:\d+:\d+ /);
  expect(output).not.toMatch(/^\s+at /m);
  expect(existsSync(packages)).toBe(false);
});

/** Logical ids that a resource names: by Ref, Fn::GetAtt, Fn::Sub and DependsOn. */
function referencesOf(resource: Resource): string[] {
  const { DependsOn = [] } = resource as { DependsOn?: string | string[] };
  const text = JSON.stringify(resource);
  const refs = [...text.matchAll(/"Ref":"([^"]+)"/g)].map(match => match[1] ?? '');
  const attributes = [...text.matchAll(/"Fn::GetAtt":\["([^"]+)"/g)].map(match => match[1] ?? '');
  const substituted = [...text.matchAll(/"Fn::Sub":"((?:[^"\\]|\\.)*)"/g)].flatMap(match =>
    [...(match[1] ?? '').matchAll(/\$\{([A-Za-z0-9:]+)[.}]/g)].map(([, name]) => name ?? ''),
  );
  return [...refs, ...attributes, ...substituted, ...[DependsOn].flat()];
}

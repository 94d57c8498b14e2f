import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Plan } from '../../../shared/plan/schema.ts';
import { callQuery, environmentOf, type Place } from './call-aws.ts';
import { clientOf } from './clients.ts';
import { alone, packageOf, planPath } from './packages.ts';

export type Resource = { logicalId: string; type: string; physicalId: string };
export type Template = {
  Resources: Record<
    string,
    {
      Type: string;
      Properties: Record<string, unknown>;
      DeletionPolicy?: string;
      DependsOn?: string | string[];
    }
  >;
};

/** Types of resources that MiniStack 1.5.33 has no notion of. They are in the package, and cfn-lint looks at them. */
export const unknownToMiniStack = ['AWS::Events::EventBusPolicy'];

const templateFile = 'cloudformation-template-update-stack.json';
const serverless = fileURLToPath(
  new URL('../../../node_modules/serverless/bin/serverless.js', import.meta.url),
);

export const stackName = (system: string) => `lifeboat-${system}`;

export const templateOf = (folder: string): Template =>
  JSON.parse(readFileSync(join(folder, templateFile), 'utf8'));

/**
 * Deploys a packaged plan as its guide says, with `serverless deploy`, after making the contacts that the template looks
 * up. Returns what the stack says that it has. Resources that the emulator does not know are left out of a copy.
 */
export async function deploy(place: Place, plan: Plan): Promise<Resource[]> {
  const system = plan.system.id;
  const packaged = await packageOf(system);
  await makeContacts(place, templateOf(packaged));
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-e2e-package-'));
  try {
    cpSync(packaged, folder, { recursive: true });
    takeArtifactsFrom(folder);
    if (place.endpoint !== undefined) leaveOutUnknown(folder);
    await runServerless(place, ['deploy', '--package', folder, `--param=plan=${planPath(system)}`]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return stackResources(place, stackName(system));
}

/** Deletes the stack as its guide says. */
export const remove = (place: Place, system: string): Promise<string> =>
  runServerless(place, ['remove', `--param=plan=${planPath(system)}`]);

const runServerless = (place: Place, args: readonly string[]): Promise<string> =>
  alone(() => serverlessCommand(place, args));

async function serverlessCommand(place: Place, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [serverless, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', ...environmentOf(place) },
    timeout: 170_000,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', text => {
      output += text;
    });
  const code = await new Promise(resolve =>
    child.on('error', () => resolve('an error')).on('close', resolve),
  );
  if (code !== 0) throw new Error(`serverless ${args.join(' ')} ended with ${code}:\n${output}`);
  return output;
}

/**
 * The state of a package names its zips in the project's `.serverless`, where the packaging of another plan may have put
 * others, or none, in the meantime.
 */
function takeArtifactsFrom(folder: string): void {
  const path = join(folder, 'serverless-state.json');
  const state = readFileSync(path, 'utf8');
  writeFileSync(path, state.replaceAll('".serverless/', `"${relative(process.cwd(), folder)}/`));
}

/** Both files of the package that hold the template; Serverless deploys the one in its state. */
function leaveOutUnknown(folder: string): void {
  const edit = (name: string, pick: (content: never) => Template) => {
    const path = join(folder, name);
    const content = JSON.parse(readFileSync(path, 'utf8')) as never;
    const { Resources } = pick(content);
    for (const [id, { Type }] of Object.entries(Resources))
      if (unknownToMiniStack.includes(Type)) delete Resources[id];
    writeFileSync(path, JSON.stringify(content));
  };
  edit(templateFile, (content: Template) => content);
  edit(
    'serverless-state.json',
    (content: { service: { provider: { compiledCloudFormationTemplate: Template } } }) =>
      content.service.provider.compiledCloudFormationTemplate,
  );
}

/** The secrets that the template looks contacts up in; in a real account somebody has made them. */
async function makeContacts(place: Place, template: Template): Promise<void> {
  const secrets = new Map<string, Record<string, string>>();
  for (const [, name = '', key = ''] of JSON.stringify(template).matchAll(
    /\{\{resolve:secretsmanager:([^:}]+):SecretString:([^:}]+)/g,
  )) {
    secrets.set(name, {
      ...secrets.get(name),
      [key]: /phone|sms/.test(key) ? '+61491570006' : `${key}@example.com`,
    });
  }
  const client = clientOf(SecretsManagerClient, place);
  for (const [Name, values] of secrets)
    await client.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(values) }));
}

/** Every resource that the stack says that it has, page by page. */
export async function stackResources(place: Place, stack: string): Promise<Resource[]> {
  const resources: Resource[] = [];
  let next: string | undefined;
  do {
    const text = await callQuery(place, 'cloudformation', {
      Action: 'ListStackResources',
      Version: '2010-05-15',
      StackName: stack,
      ...(next !== undefined && { NextToken: next }),
    });
    const field = (of: string, name: string) => of.match(new RegExp(`<${name}>([^<]*)</${name}>`))?.[1] ?? '';
    for (const [, summary = ''] of text.matchAll(/<member>(.*?)<\/member>/gs)) {
      resources.push({
        logicalId: field(summary, 'LogicalResourceId'),
        type: field(summary, 'ResourceType'),
        physicalId: field(summary, 'PhysicalResourceId'),
      });
    }
    next = field(text, 'NextToken') || undefined;
  } while (next);
  return resources;
}

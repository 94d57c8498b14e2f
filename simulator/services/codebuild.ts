import type { Build, EnvironmentVariable } from '@aws-sdk/client-codebuild';
import { parseDuration } from '../../shared/plan/duration.ts';
import { componentsOf } from '../world/addresses.ts';
import { playAssumedRepairs } from '../world/assumed-repairs.ts';
import { type Call, SimulatedAwsError, type SimulatedService, type World } from '../world/world.ts';

type SimulatedBuild = Build & { id: string; region: string; token?: string };

/** What a build does to the world when it ends well, and what it exports. */
export type BuildEffect = (
  world: World,
  build: { project: string; region: string; variables: Record<string, string> },
) => Record<string, string> | { failed: string };

type CodeBuildState = { builds: SimulatedBuild[]; effects: BuildEffect[] };

function stateOf(world: World): CodeBuildState {
  return world.state<CodeBuildState>('codebuild', () => ({ builds: [], effects: [] }));
}

/** Lets builds do something; services call it when they are arranged. */
export function onBuild(world: World, effect: BuildEffect): void {
  stateOf(world).effects.push(effect);
}

/** How long a request is remembered by its token. Source: API reference, StartBuild. */
const tokenLivesMs = 5 * 60_000;

export const service: SimulatedService = {
  name: 'codebuild',
  operations: {
    BatchGetProjects: (world, { input, region }) => {
      const names = (input.names as string[]).filter(name => projectOf(world, region, name));
      const source = { type: 'S3', location: `${world.plan.system.id}-bundles/recovery.zip` };
      return { projects: names.map(name => ({ name, source })) };
    },
    StartBuild: startBuild,
    BatchGetBuilds: (world, { input, region }) => ({
      builds: stateOf(world).builds.filter(
        build => build.region === region && (input.ids as string[]).includes(build.id),
      ),
    }),
    ListBuildsForProject: (world, call) => {
      const project = existing(world, call, String(call.input.projectName));
      const own = stateOf(world).builds.filter(
        build => build.projectName === project.name && build.region === call.region,
      );
      return { ids: own.map(({ id }) => id).reverse() };
    },
  },
};

function projectOf(world: World, region: string, name: string) {
  return componentsOf(world.plan, 'codebuild-project').find(
    project => project.region === region && project.name === name,
  );
}

function existing(world: World, { region }: Call, name: string) {
  const project = projectOf(world, region, name);
  if (project) return project;
  throw new SimulatedAwsError('ResourceNotFoundException', `Project cannot be found: ${name}`, 400);
}

function startBuild(world: World, call: Call): unknown {
  const { input, region } = call;
  const project = existing(world, call, String(input.projectName));
  const { builds } = stateOf(world);
  const token = input.idempotencyToken as string | undefined;
  const known = builds.find(
    build => token !== undefined && build.token === token && sinceStart(world, build) < tokenLivesMs,
  );
  if (known) return { build: known };
  const number = builds.length + 1;
  const variables = (input.environmentVariablesOverride ?? []) as EnvironmentVariable[];
  const id = `${project.name}:${String(number).padStart(8, '0')}`;
  const build: SimulatedBuild = {
    id,
    region,
    token,
    projectName: project.name,
    buildStatus: 'IN_PROGRESS',
    currentPhase: 'PROVISIONING',
    startTime: world.now(),
    sourceVersion: input.sourceVersion as string | undefined,
    resolvedSourceVersion: input.sourceVersion as string | undefined,
    environment: {
      type: 'LINUX_CONTAINER',
      image: 'aws/codebuild/standard',
      computeType: 'BUILD_GENERAL1_SMALL',
      environmentVariables: variables,
    },
    logs: {
      deepLink: `https://console.aws.amazon.com/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/$252Faws$252Fcodebuild$252F${project.name}/log-events/${number}`,
    },
  };
  builds.push(build);
  const resource = `codebuild/${id}`;
  world.changed(resource, `${project.name} builds`, 'lifeboat');
  const likely = parseDuration(project.takes) ?? 300;
  const typical = { minSeconds: likely * 0.6, likelySeconds: likely, maxSeconds: likely * 1.8 };
  world.after(
    world.duration(typical, `codebuild/${project.name}/${number}`),
    resource,
    'The build ends',
    () => finish(world, build, variables),
  );
  return { build };
}

function finish(world: World, build: SimulatedBuild, variables: readonly EnvironmentVariable[]): void {
  const given = Object.fromEntries(variables.map(({ name = '', value = '' }) => [name, value]));
  const about = { project: build.projectName ?? '', region: build.region, variables: given };
  const broken = world.faults.has('build-failed') ? 'exit status 1' : undefined;
  const results = broken === undefined ? stateOf(world).effects.map(effect => effect(world, about)) : [];
  const failed = broken ?? results.flatMap(result => ('failed' in result ? [result.failed] : []))[0];
  build.endTime = world.now();
  build.currentPhase = 'COMPLETED';
  build.buildComplete = true;
  build.buildStatus = failed === undefined ? 'SUCCEEDED' : 'FAILED';
  const project = projectOf(world, build.region, about.project);
  if (project && failed === undefined) playAssumedRepairs(world, project, given);
  const message = `Error while executing command: ${failed}`;
  build.phases = [
    {
      phaseType: 'BUILD',
      phaseStatus: build.buildStatus,
      contexts: failed === undefined ? [] : [{ statusCode: 'COMMAND_EXECUTION_ERROR', message }],
    },
  ];
  build.exportedEnvironmentVariables = results.flatMap(result =>
    Object.entries(result).map(([name, value]) => ({ name, value })),
  );
}

function sinceStart(world: World, { startTime }: SimulatedBuild): number {
  return world.nowMs() - (startTime?.getTime() ?? 0);
}

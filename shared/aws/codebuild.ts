import {
  BatchGetBuildsCommand,
  BatchGetProjectsCommand,
  type Build,
  CodeBuildClient,
  type EnvironmentVariable,
  ListBuildsForProjectCommand,
  type Project,
  StartBuildCommand,
  type StartBuildCommandInput,
} from '@aws-sdk/client-codebuild';
import type { ActionContext, Observation, Permission, Reason } from '../actions/contract.ts';
import type { JsonObject } from '../json.ts';
import type { ComponentOf } from '../plan/components.ts';
import { request } from './aws-errors.ts';
import { shortHash } from './names.ts';
import { parseSecretReference } from './secret-reference.ts';

export type BuildProject = ComponentOf<'codebuild-project'>;
type Context = Pick<ActionContext, 'aws'>;
type Starter = Pick<ActionContext, 'aws' | 'changed'> & { step: { timeoutSeconds: number } };

/** Marks a build as that of one step; CodeBuild itself knows a repeated request for five minutes only. */
const tokenVariable = 'LIFEBOAT_STEP';

/** The same for every request of one step of a run; `occasion` tells an undo from the step itself. */
export function buildToken({ run, step }: Pick<ActionContext, 'run' | 'step'>, occasion: string): string {
  return `${run.id}-${shortHash(`${run.id}/${step.id}/${occasion}`, 24)}`;
}

/** Undefined when there is no such project. */
export async function readProject(
  context: Context,
  { name, region }: BuildProject,
): Promise<Project | undefined> {
  const reply = await request({ call: 'codebuild.BatchGetProjects', region }, () =>
    context.aws.client(CodeBuildClient, region).send(new BatchGetProjectsCommand({ names: [name] })),
  );
  return reply.projects?.[0];
}

/** The build that a step has started, among the newest hundred of its project. */
export async function findBuild(
  context: Context,
  project: BuildProject,
  token: string,
): Promise<Build | undefined> {
  const { name, region } = project;
  const client = context.aws.client(CodeBuildClient, region);
  const { ids = [] } = await request({ call: 'codebuild.ListBuildsForProject', region }, () =>
    client.send(new ListBuildsForProjectCommand({ projectName: name, sortOrder: 'DESCENDING' })),
  );
  if (ids.length === 0) return undefined;
  const { builds } = await request({ call: 'codebuild.BatchGetBuilds', region }, () =>
    client.send(new BatchGetBuildsCommand({ ids: ids.slice(0, 100) })),
  );
  return builds?.find(build =>
    build.environment?.environmentVariables?.some(
      variable => variable.name === tokenVariable && variable.value === token,
    ),
  );
}

export type BuildRequest = {
  sourceVersion?: string;
  buildspec?: string;
  /** Plain variables: nothing secret. */
  environment: Record<string, string>;
  /** Variables that CodeBuild reads itself, by reference. */
  secrets: Record<string, string>;
};

/** Minutes that CodeBuild accepts. Source: API reference, StartBuild, timeoutInMinutesOverride. */
const timeoutMinutes = { min: 5, max: 2160 };

/** Starts a build, unless it was started already. */
export async function startBuild(
  context: Starter,
  project: BuildProject,
  token: string,
  wanted: BuildRequest,
): Promise<void> {
  if (await findBuild(context, project, token)) return;
  const { name, region } = project;
  await context.changed({
    call: 'codebuild.StartBuild',
    region,
    resource: name,
    what: `Build of ${wanted.sourceVersion ?? 'the project as it is'} started`,
  });
  const minutes = Math.ceil(context.step.timeoutSeconds / 60);
  const input: StartBuildCommandInput = {
    projectName: name,
    sourceVersion: wanted.sourceVersion,
    buildspecOverride: wanted.buildspec,
    environmentVariablesOverride: [
      { name: tokenVariable, value: token, type: 'PLAINTEXT' },
      ...variablesOf(wanted),
    ],
    timeoutInMinutesOverride: Math.min(timeoutMinutes.max, Math.max(timeoutMinutes.min, minutes)),
    idempotencyToken: token,
  };
  await request({ call: 'codebuild.StartBuild', region }, () =>
    context.aws.client(CodeBuildClient, region).send(new StartBuildCommand(input)),
  );
}

/** Nobody is there to answer a question: Terraform, apt and others are told so by these. */
const unattended = { CI: 'true', TF_INPUT: '0', TF_IN_AUTOMATION: '1', DEBIAN_FRONTEND: 'noninteractive' };

function variablesOf({ environment, secrets }: BuildRequest): EnvironmentVariable[] {
  const plain = Object.entries({ ...unattended, ...environment });
  return [
    ...plain.map(([name, value]): EnvironmentVariable => ({ name, value, type: 'PLAINTEXT' })),
    ...Object.entries(secrets).map(([name, reference]): EnvironmentVariable => {
      const parsed = parseSecretReference(reference);
      if (parsed.store === 'ssm') return { name, value: parsed.name, type: 'PARAMETER_STORE' };
      return {
        name,
        value: parsed.key ? `${parsed.name}:${parsed.key}` : parsed.name,
        type: 'SECRETS_MANAGER',
      };
    }),
  ];
}

/** What a build has come to; pending while it runs, or before CodeBuild lists it. */
export function outcomeOf(project: BuildProject, build: Build | undefined): Observation {
  if (!build) return { status: 'pending', note: `CodeBuild does not list the build of ${project.name} yet` };
  const log = build.logs?.deepLink ?? 'no log yet';
  if (build.buildStatus === 'IN_PROGRESS' || build.buildStatus === undefined) {
    return { status: 'pending', note: `in phase ${build.currentPhase ?? 'SUBMITTED'}; log: ${log}` };
  }
  const data: JsonObject = { buildId: build.id ?? '', log, source: build.resolvedSourceVersion ?? '' };
  if (build.buildStatus !== 'SUCCEEDED') {
    return {
      status: 'failed',
      reasons: [failure(project, build, log)],
      evidence: [{ what: `Log: ${log}`, data }],
    };
  }
  const exported = Object.fromEntries(
    (build.exportedEnvironmentVariables ?? []).map(({ name = '', value = '' }) => [name, value]),
  );
  const outputs: JsonObject = { ...data, artifact: build.artifacts?.location ?? '', exported };
  const seconds = ((build.endTime?.getTime() ?? 0) - (build.startTime?.getTime() ?? 0)) / 1000;
  const what = `Build ${build.id} succeeded after ${Math.round(seconds)} s; log: ${log}`;
  return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
}

function failure(project: BuildProject, build: Build, log: string): Reason {
  const phase = build.phases?.find(one => one.phaseStatus !== undefined && one.phaseStatus !== 'SUCCEEDED');
  const said = phase?.contexts?.map(({ message }) => message).find(Boolean) ?? 'no message';
  const where = phase?.phaseType === undefined ? '' : ` in phase ${phase.phaseType}`;
  return {
    what: `The build of ${project.name} ended as ${build.buildStatus}${where}: ${said.slice(0, 300)}.`,
    mend: `Read its log: ${log}. A retry starts a new build; look first what this one has changed already.`,
  };
}

export function buildPermissions({ name, region }: BuildProject): Permission[] {
  return [
    {
      actions: [
        'codebuild:BatchGetBuilds',
        'codebuild:BatchGetProjects',
        'codebuild:ListBuildsForProject',
        'codebuild:StartBuild',
      ],
      resources: [`arn:\${AWS::Partition}:codebuild:${region}:\${AWS::AccountId}:project/${name}`],
    },
  ];
}

export function noProject({ name, region }: BuildProject): Reason {
  return {
    what: `There is no CodeBuild project ${name} in ${region}.`,
    mend: 'Make it with your infrastructure code, in the recovery region, or correct its name in the plan.',
  };
}

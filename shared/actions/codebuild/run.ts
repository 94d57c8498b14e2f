import type { Project } from '@aws-sdk/client-codebuild';
import * as z from 'zod';
import {
  type BuildRequest,
  buildPermissions,
  buildToken,
  findBuild,
  noProject,
  outcomeOf,
  readProject,
  startBuild,
} from '../../aws/codebuild.ts';
import { headObject, objectArn, readPermissions } from '../../aws/s3-objects.ts';
import { secretReference } from '../../plan/components/base.ts';
import { codebuildProject, s3Bucket } from '../../plan/components.ts';
import { withAssumption } from '../assumed-repair.ts';
import { type ActionContext, defineAction, type Reason } from '../contract.ts';

const environment = z.record(z.string().regex(/^[A-Za-z_]\w*$/, 'the name of a variable'), z.string());

const parameters = z
  .strictObject({
    project: codebuildProject,
    sourceVersion: z.string().optional().meta({
      description: 'A whole commit (40 digits) or the version id of the bundle in S3; never a branch',
    }),
    buildspec: z
      .string()
      .optional()
      .meta({ description: 'Buildspec file inside the source, if not the usual one' }),
    environment: environment.default({}).meta({ description: 'Variables of the build; nothing secret' }),
    secrets: z
      .record(z.string(), secretReference)
      .default({})
      .meta({ description: 'Variables that CodeBuild reads itself: secret:NAME#key or ssm:NAME' }),
    inDrill: environment.optional().meta({
      description: 'Variables that a drill sets, so that it builds elsewhere; without it no drill builds',
    }),
    undoWith: environment
      .optional()
      .meta({ description: 'Variables of a second build that takes the first one back' }),
    state: s3Bucket.optional().meta({ description: "Bucket with the state of the build's Terraform" }),
    stateKey: z.string().optional().meta({ description: 'Key of that state' }),
  })
  .refine(
    ({ state, stateKey }) => (state === undefined) === (stateKey === undefined),
    'state and stateKey together',
  );
type Parameters = z.output<typeof parameters>;

/**
 * Runs a build: Terraform, kubectl, Velero, load tests, scripts. The source is pinned, so that what runs is what was
 * tried; nobody is asked anything while it runs; its log and what it exports are kept.
 */
export const action = defineAction({
  kind: 'codebuild.run',
  summary: 'Runs a CodeBuild project from a pinned source and waits for its end',
  parameters,
  components: { project: 'codebuild-project', state: 's3-bucket' },
  outputs: {
    buildId: 'Id of the build',
    log: 'Address of its log',
    source: 'The commit or version that was built',
    artifact: 'Where its artefact lies; empty without one',
    exported: 'Variables that the buildspec exports, by name',
  },
  drill: 'isolated',
  mutates: true,
  traits: ['looks', 'brings-data', 'own-code'],
  typical: {
    minSeconds: 60,
    likelySeconds: 300,
    maxSeconds: 1800,
    source:
      'Experience: 30 to 90 s until it starts, tests some minutes, Terraform for a cluster 10 to 20 min',
  },
  failureModes: [
    'Source, images or providers are fetched from the lost region or from a site that is down too',
    'Terraform state is locked by a run that died, or lies in the lost region',
    'A repeated build meets what the first one has half made',
    'The account runs as many builds as its quota allows, so this one is queued',
  ],
  permissions: ({ project, state, stateKey = '' }) => [
    ...buildPermissions(project),
    ...(state === undefined
      ? []
      : [
          ...readPermissions(state, stateKey),
          { actions: ['s3:GetObject'], resources: [objectArn(state, `${stateKey}.tflock`)] },
        ]),
  ],

  contradictions: ({ sourceVersion }) =>
    sourceVersion !== undefined && isMovable(sourceVersion) ? [movable(sourceVersion)] : [],

  async prepare(context, wanted) {
    const { project } = wanted;
    if (context.run.mode === 'drill' && wanted.inDrill === undefined) {
      return { status: 'refused', reasons: [notInDrill(project.name)], evidence: [] };
    }
    const found = await readProject(context, project);
    if (!found) return { status: 'refused', reasons: [noProject(project)], evidence: [] };
    const reasons = [...unpinned(found, wanted), ...(await stateProblems(context, wanted))];
    if (reasons.length > 0) return { status: 'refused', reasons, evidence: [] };
    const what = `${project.name} will build ${wanted.sourceVersion ?? 'without a source'} (${found.source?.type}: ${found.source?.location ?? 'none'})`;
    // Fixed here, so that a lost reply finds the same build and a person's retry starts a new one.
    const token = buildToken(context, context.clock.now().toISOString());
    return { status: 'ready', baseline: { token }, evidence: [{ what }] };
  },

  async act(context, wanted, baseline) {
    await startBuild(context, wanted.project, String(baseline.token), requestOf(context, wanted));
  },

  async observe(context, { project }, baseline) {
    return withAssumption(
      outcomeOf(project, await findBuild(context, project, String(baseline.token))),
      project,
    );
  },

  async undo(context, wanted, baseline) {
    const { project, undoWith } = wanted;
    if (undoWith === undefined) {
      const what = `The plan says nothing about taking the build of ${project.name} back`;
      return { status: 'done', outputs: {}, evidence: [{ what }] };
    }
    const first = await findBuild(context, project, String(baseline.token));
    if (!first) return { status: 'done', outputs: {}, evidence: [{ what: 'No build was started' }] };
    if (first.buildStatus === 'IN_PROGRESS') {
      return { status: 'pending', note: `the build of ${project.name} has not ended yet` };
    }
    const token = buildToken(context, `undo/${baseline.token}`);
    const own = requestOf(context, wanted);
    await startBuild(context, project, token, { ...own, environment: { ...own.environment, ...undoWith } });
    return outcomeOf(project, await findBuild(context, project, token));
  },
});

function requestOf({ run }: ActionContext, wanted: Parameters): BuildRequest {
  const { sourceVersion, buildspec, secrets, inDrill } = wanted;
  const own = run.mode === 'drill' ? inDrill : {};
  const about = { LIFEBOAT_RUN: run.id, LIFEBOAT_MODE: run.mode };
  return { sourceVersion, buildspec, secrets, environment: { ...about, ...wanted.environment, ...own } };
}

/** A branch is whatever somebody pushed last; a whole commit or a version is what was tried. */
function unpinned({ source }: Project, { project, sourceVersion }: Parameters): Reason[] {
  if (source?.type === 'NO_SOURCE' || source?.type === 'CODEPIPELINE') return [];
  if (sourceVersion === undefined) {
    const what = `The plan does not say which version of ${source?.location} ${project.name} is to build.`;
    return [{ what, mend: 'Give sourceVersion: a whole commit, or the version id of the bundle in S3.' }];
  }
  if (source?.type === 'S3' || /^[0-9a-f]{40}$/.test(sourceVersion)) return [];
  return [movable(sourceVersion)];
}

/** A branch, a tag or a short commit. Whether a longer text is a version in S3, only the project's source says. */
function isMovable(sourceVersion: string): boolean {
  return !sourceVersion.includes('${') && (sourceVersion.length < 20 || sourceVersion.startsWith('refs/'));
}

function movable(sourceVersion: string): Reason {
  return {
    what: `"${sourceVersion}" is no whole commit, so nobody knows what would be built.`,
    mend: 'Write the 40 digits of the commit that was tried last.',
  };
}

async function stateProblems(context: ActionContext, { state, stateKey }: Parameters): Promise<Reason[]> {
  if (!state || stateKey === undefined) return [];
  const [head, lock] = await Promise.all([
    headObject(context, state, stateKey),
    headObject(context, state, `${stateKey}.tflock`),
  ]);
  const reasons: Reason[] = [];
  if (!head) {
    const what = `There is no Terraform state ${stateKey} in ${state.name} in ${state.region}, so Terraform would make everything a second time.`;
    reasons.push({ what, mend: 'Replicate the state bucket into this region, or correct the key.' });
  }
  if (lock) {
    const what = `The Terraform state ${stateKey} in ${state.name} has been locked since ${lock.LastModified?.toISOString()}.`;
    reasons.push({
      what,
      mend: 'Wait for the run that holds it; if that is dead, terraform force-unlock it.',
    });
  }
  return reasons;
}

function notInDrill(name: string): Reason {
  return {
    what: `This is a drill, and nothing says how the build of ${name} keeps away from production in one.`,
    mend: 'Give the variables of a drill under inDrill, or leave the step out of drills with `modes`.',
  };
}

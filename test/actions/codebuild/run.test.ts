import { BatchGetProjectsCommand, CodeBuildClient, type SourceType } from '@aws-sdk/client-codebuild';
import { describe, expect, it } from 'vitest';
import { action } from '../../../shared/actions/codebuild/run.ts';
import type { FaultSet } from '../../../simulator/faults/faults.ts';
import { onBuild } from '../../../simulator/services/codebuild.ts';
import { mockClient } from '../../support/mock-client.ts';
import { components, faultsOf, inStores, type Scene, stepsOf } from '../../support/stores-world.ts';

const { project, replica } = components;
const given = {
  project,
  sourceVersion: 'version-1',
  environment: { TARGET: 'dr' },
  secrets: { TOKEN: 'secret:shop/db#token', KEY: 'ssm:/shop/key' },
};
const stepFor = (scene: Scene, more: object = {}) => stepsOf(action, scene, { ...given, ...more });

/** What builds were given, as they end. */
function builds(scene: Scene): Record<string, string>[] {
  const seen: Record<string, string>[] = [];
  onBuild(scene.world, (_world, { variables }) => {
    seen.push(variables);
    return { NODES: '3' };
  });
  return seen;
}

describe('codebuild.run', () => {
  it('is done when the build has succeeded, with its log, its source and what it exports', () =>
    inStores(async scene => {
      const seen = builds(scene);
      const { seen: last } = await stepFor(scene).carryOut();
      expect(last).toMatchObject({
        status: 'done',
        outputs: {
          buildId: 'shop-recovery:00000001',
          source: 'version-1',
          log: expect.stringContaining('log-group'),
          exported: { NODES: '3' },
        },
      });
      expect(seen).toEqual([
        expect.objectContaining({
          TARGET: 'dr',
          TF_INPUT: '0',
          TOKEN: 'shop/db:token',
          KEY: '/shop/key',
          LIFEBOAT_MODE: 'recover',
        }),
      ]);
    }));

  it('starts one build when the reply is lost, and none again minutes later', () =>
    inStores(
      async scene => {
        const seen = builds(scene);
        const step = stepFor(scene);
        const preparation = await step.prepare();
        if (preparation.status !== 'ready') throw new Error('not ready');
        await step.act(preparation.baseline);
        await scene.wait(400);
        await step.act(preparation.baseline);
        expect(await step.settle(preparation.baseline)).toMatchObject({ status: 'done' });
        expect(seen).toHaveLength(1);
      },
      { faults: faultsOf({ 'codebuild.StartBuild': ['lost-reply', 'lost-reply'] }) },
    ));

  it('fails with the phase, the message and the log of a build that failed', () => {
    const faults: FaultSet = { ...faultsOf(), has: name => name === 'build-failed' };
    return inStores(
      async scene => {
        expect((await stepFor(scene).carryOut()).seen).toMatchObject({
          status: 'failed',
          reasons: [
            {
              what: 'The build of shop-recovery ended as FAILED in phase BUILD: Error while executing command: exit status 1.',
              mend: expect.stringContaining('https://'),
            },
          ],
        });
      },
      { faults },
    );
  });

  it('starts a second build when a person retries', () =>
    inStores(async scene => {
      const seen = builds(scene);
      await stepFor(scene).carryOut();
      await scene.wait(60);
      await stepFor(scene).carryOut();
      expect(seen).toHaveLength(2);
    }));

  it('takes a build back by another one, where the plan says how', () =>
    inStores(async scene => {
      const seen = builds(scene);
      const step = stepFor(scene, { undoWith: { ACTION: 'destroy' } });
      const { baseline } = await step.carryOut();
      expect(await step.undo(baseline)).toMatchObject({ status: 'done' });
      expect(await step.undo(baseline)).toMatchObject({ status: 'done' });
      expect(seen.map(({ ACTION }) => ACTION)).toEqual([undefined, 'destroy']);
      expect(await stepFor(scene).undo(baseline)).toMatchObject({ status: 'done' });
      expect(seen).toHaveLength(2);
    }));

  it('builds in a drill only with the variables that keep it away from production', () =>
    inStores(
      async scene => {
        const seen = builds(scene);
        expect(await stepFor(scene).prepare()).toMatchObject({ status: 'refused' });
        await stepFor(scene, { inDrill: { TARGET: 'drill' } }).carryOut();
        expect(seen[0]).toMatchObject({ TARGET: 'drill', LIFEBOAT_MODE: 'drill' });
      },
      { mode: 'drill' },
    ));

  it('refuses a project that is not there, and a source that is not pinned', () =>
    inStores(async scene => {
      const gone = { ...(project as unknown as object), name: 'gone' };
      expect(await stepFor(scene, { project: gone }).prepare()).toMatchObject({
        reasons: [{ what: 'There is no CodeBuild project gone in ap-southeast-4.' }],
      });
      expect(await stepFor(scene, { sourceVersion: undefined }).prepare()).toMatchObject({
        reasons: [{ what: expect.stringContaining('does not say which version') }],
      });
    }));

  it.each([
    ['GITHUB', 'main', 'refused'],
    ['GITHUB', 'HEAD~1', 'refused'],
    ['GITHUB', 'a'.repeat(40), 'ready'],
    ['NO_SOURCE', undefined, 'ready'],
  ] as const)('with a source of %s and version %s it is %s', (type: SourceType, sourceVersion, status) =>
    inStores(async scene => {
      const codebuild = mockClient(CodeBuildClient);
      codebuild
        .on(BatchGetProjectsCommand)
        .resolves({ projects: [{ name: 'shop-recovery', source: { type, location: 'there' } }] });
      const client = new CodeBuildClient({ region: 'ap-southeast-4' });
      const context = { ...scene.context, aws: { client: () => client as never } };
      const step = stepsOf(action, { ...scene, context }, { ...given, sourceVersion });
      expect((await step.prepare()).status).toBe(status);
      codebuild.restore();
    }),
  );

  it('reads the Terraform state first: it has to be there, and nobody may hold it', () =>
    inStores(async scene => {
      const step = stepFor(scene, { state: replica, stateKey: 'terraform/dr.tfstate' });
      expect(await step.prepare()).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining('no Terraform state') }],
      });
      const put = (Key: string) => scene.call('s3.PutObject', { Bucket: 'shop-backups-dr', Key, Body: '{}' });
      await put('terraform/dr.tfstate');
      expect((await step.prepare()).status).toBe('ready');
      await put('terraform/dr.tfstate.tflock');
      expect(await step.prepare()).toMatchObject({
        reasons: [{ what: expect.stringContaining('locked since 2026-03-10') }],
      });
    }));

  it('may start builds of its project and of no other', () =>
    inStores(async scene => {
      const starting = stepFor(scene)
        .permissions()
        .filter(({ actions }) => actions.includes('codebuild:StartBuild'));
      expect(starting.flatMap(({ resources }) => resources)).toEqual([
        'arn:${AWS::Partition}:codebuild:ap-southeast-4:${AWS::AccountId}:project/shop-recovery',
      ]);
    }));
});

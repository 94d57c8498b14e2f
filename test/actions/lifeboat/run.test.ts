import { describe, expect, it } from 'vitest';
import { acquireLock } from '../../../shared/incident/lock.ts';
import { claimStart } from '../../../shared/incident/start-claim.ts';
import {
  askOtherTriage,
  missingScenarios,
  otherOutcomes,
  otherStateOf,
} from '../../../simulator/world/other-systems.ts';
import { type AwsScene, inAws, openChanges, permissionsOf, reasonsOf } from '../../support/aws-world.ts';

const region = 'ap-southeast-4';
const accounts = { type: 'lifeboat-system', region, system: 'accounts', takes: '10m' };
const components = { accounts };
const kind = 'lifeboat.run';
const given = { system: 'accounts', scenario: 'region-failure' };
const other = { ...accounts, id: 'accounts', type: 'lifeboat-system' as const };

const runsOf = ({ world }: AwsScene) => otherStateOf(world, accounts).executions;
const startBy = (scene: AwsScene, scenario: string, mode: string) =>
  scene.drive(
    askOtherTriage(scene.world, other, {
      id: 'e-1',
      time: scene.world.now().toISOString(),
      detail: { system: 'accounts', scenario, mode, by: 'Ada', reason: 'alarm' },
    }),
  );

describe('lifeboat.run', () => {
  it('is done when the run of the other system says that it has recovered', () =>
    inAws(components, async scene => {
      const { seen, undo } = await scene.play(kind, given);
      const [execution] = runsOf(scene);
      expect(seen).toMatchObject({ status: 'done', outputs: { execution: execution?.arn } });
      expect(execution?.arn).toContain(':execution:accounts-region-failure:');
      expect(await undo()).toMatchObject({
        evidence: [{ what: expect.stringContaining('is left where it is') }],
      });
      // It has gone nowhere since, so it is not moved again.
      const again = await scene.play(kind, given);
      expect(again.preparation).toMatchObject({
        status: 'already-done',
        outputs: { execution: execution?.arn },
      });
    }));

  it('is a drill of the other system in a drill, which ends before this one is over', () =>
    inAws(components, async scene => {
      const { seen, undo } = await scene.play(kind, given, { mode: 'drill', forSeconds: 60 });
      expect(seen).toMatchObject({ status: 'pending', note: expect.stringContaining('is under way') });
      expect(await undo()).toMatchObject({
        evidence: [{ what: expect.stringContaining('has ended (recovered)') }],
      });
      expect(runsOf(scene)).toMatchObject([{ status: 'SUCCEEDED' }]);
      // A drill has moved nothing.
      expect((await scene.play(kind, given)).preparation.status).toBe('ready');
    }));

  it('starts one run although the reply is lost', () =>
    inAws(
      components,
      async scene => {
        expect((await scene.play(kind, given)).seen).toMatchObject({ status: 'done' });
        expect(runsOf(scene)).toHaveLength(1);
      },
      { faults: { 'lambda.Invoke': ['lost-reply'] } },
    ));

  it('follows a run of the same scenario that its own alarm has started', () =>
    inAws(components, async scene => {
      await startBy(scene, 'region-failure', 'recover');
      const { seen } = await scene.play(kind, given);
      expect(seen).toMatchObject({ status: 'done', outputs: { execution: runsOf(scene)[0]?.arn } });
      expect(runsOf(scene)).toHaveLength(1);
      expect(scene.changes).toEqual([]);
    }));

  it('refuses while another scenario of it is under way, and a drill during a recovery', () =>
    inAws(components, async scene => {
      await startBy(scene, 'bad-release', 'recover');
      const { preparation } = await scene.play(kind, given);
      expect(reasonsOf(preparation)).toMatch(/accounts is in the run \S+ of bad-release \(recover\)/);
      const drill = await scene.play(kind, { ...given, scenario: 'bad-release' }, { mode: 'drill' });
      expect(reasonsOf(drill.preparation)).toContain('one run at a time is possible');
    }));

  it('fails with the verdict of the other run and its own reasons', () =>
    inAws(components, async scene => {
      otherOutcomes(scene.world).set('accounts', 'failed');
      const { seen } = await scene.play(kind, given);
      expect(reasonsOf(seen)).toMatch(
        /The run \S+ of accounts ended as failed\. Step promote failed in accounts/,
      );
      expect(JSON.stringify(seen)).toContain('`lifeboat status plans/accounts/plan.yml`');
    }));

  it('follows a run that somebody else has asked for in the very moment', () =>
    inAws(components, async scene => {
      const { store } = otherStateOf(scene.world, accounts);
      const clock = { now: () => scene.world.now() };
      const at = clock.now().toISOString();
      const claim = {
        incidentId: 'i',
        executionArn: 'arn:of:theirs',
        scenario: 'region-failure',
        by: 'Ada',
        at,
      };
      await claimStart(store, 'accounts', { ...claim, mode: 'recover' });
      const expiresAt = new Date(scene.world.nowMs() + 60_000).toISOString();
      await acquireLock(store, clock, 'accounts', { incidentId: 'i', runId: 'not-opened-yet', expiresAt });
      const { seen } = await scene.play(kind, given, { forSeconds: 10 });
      expect(seen).toMatchObject({ note: 'The execution is not shown yet.' });
      const flood = scene.play(kind, { ...given, scenario: 'flood' });
      await expect(flood).rejects.toThrow('accounts does not start flood');
    }));

  it('says why when the other system was taken in the very moment', () =>
    inAws(components, async scene => {
      const action = await scene.action(kind);
      expect(action.drill).toBe('isolated');
      const played = scene.play(kind, given, { mode: 'drill' });
      await startBy(scene, 'bad-release', 'recover');
      await expect(played.then(({ preparation }) => reasonsOf(preparation))).resolves.toContain(
        'bad-release',
      );
    }));

  it('refuses a system or a scenario that is not deployed, and this system itself', () =>
    inAws(components, async scene => {
      const gone = { ...accounts, id: 'x', system: 'gone' };
      expect(reasonsOf((await scene.play(kind, { ...given, system: gone })).preparation)).toBe(
        `Lifeboat is not deployed for gone in ${region}.`,
      );
      missingScenarios(scene.world).add('accounts-flood');
      const flood = await scene.play(kind, { ...given, scenario: 'flood' });
      expect(reasonsOf(flood.preparation)).toBe('The deployment of accounts has no scenario "flood".');
      const own = { ...accounts, id: 'x', system: 'shop' };
      expect(reasonsOf((await scene.play(kind, { ...given, system: own })).preparation)).toContain('itself');
    }));

  it('may ask its triage, and read its records and executions', async () => {
    const permissions = await permissionsOf(kind, components, given);
    expect(openChanges(permissions)).toEqual([]);
    const arn = (service: string, rest: string) =>
      `arn:\${AWS::Partition}:${service}:${region}:\${AWS::AccountId}:${rest}`;
    expect(permissions).toEqual([
      `lambda:GetFunctionConfiguration ${arn('lambda', 'function:lifeboat-accounts-triage')}`,
      `lambda:InvokeFunction ${arn('lambda', 'function:lifeboat-accounts-triage')}`,
      `states:DescribeStateMachine ${arn('states', 'stateMachine:accounts-region-failure')}`,
      `states:DescribeExecution ${arn('states', 'execution:accounts-region-failure:*')}`,
      `dynamodb:GetItem ${arn('dynamodb', 'table/lifeboat-accounts')}`,
      `dynamodb:Query ${arn('dynamodb', 'table/lifeboat-accounts')}`,
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import {
  brokenMachines,
  expressMachines,
  userExecutions,
} from '../../../simulator/services/states/user-machines.ts';
import { inAws, openChanges, permissionsOf, reasonsOf } from '../../support/aws-world.ts';

const region = 'ap-southeast-4';
const arn = `arn:aws:states:${region}:123456789012:stateMachine:shop-reindex`;
const machine = { type: 'state-machine', region, arn, answers: { index: 'shop-2', rows: 12 } };
const components = { machine };
const kind = 'states.run';
const given = { machine: 'machine', input: { full: true } };

describe('states.run', () => {
  it('is done when the execution has ended well, with the fields that were asked for', () =>
    inAws(components, async ({ play, world }) => {
      const { seen } = await play(kind, { ...given, returns: ['index'] });
      expect(seen).toMatchObject({ status: 'done', outputs: { output: { index: 'shop-2' } } });
      expect(seen).not.toHaveProperty('outputs.output.rows');
      expect(userExecutions(world)).toMatchObject([{ status: 'SUCCEEDED' }]);
      expect(JSON.parse(userExecutions(world)[0]?.input ?? '')).toMatchObject({
        full: true,
        lifeboat: { run: '20260310-3f9c1a', mode: 'recover' },
      });
      expect((await play(kind, given)).seen).toMatchObject({ outputs: { output: machine.answers } });
    }));

  it('starts one execution although the reply is lost', () =>
    inAws(
      components,
      async ({ play, world }) => {
        expect((await play(kind, given)).seen).toMatchObject({ status: 'done' });
        expect(userExecutions(world)).toHaveLength(1);
        // A person's retry is another one: a name is taken for 90 days.
        expect((await play(kind, given)).seen).toMatchObject({ status: 'done' });
        expect(new Set(userExecutions(world).map(({ name }) => name)).size).toBe(2);
      },
      { faults: { 'states.StartExecution': ['lost-reply'] } },
    ));

  it('fails with the error and the cause of the execution, and without a field that it has to give', () =>
    inAws(components, async ({ play, world }) => {
      const missing = await play(kind, { ...given, returns: ['index', 'shards'] });
      expect(reasonsOf(missing.seen)).toBe(
        'The state machine shop-reindex ended well, and its output has no shards.',
      );
      brokenMachines(world).add(arn);
      expect(reasonsOf((await play(kind, given)).seen)).toBe(
        'The state machine shop-reindex ended as FAILED: States.TaskFailed: the state Work failed',
      );
    }));

  it('stops what runs on undo where the plan says so, and waits for it otherwise', () =>
    inAws({ machine: { ...machine, takes: '10m' } }, async ({ play, world }) => {
      const short = { forSeconds: 30 };
      const stopped = await play(kind, { ...given, stopOnUndo: true }, short);
      expect(stopped.seen?.status).toBe('pending');
      expect(await stopped.undo()).toMatchObject({ status: 'done' });
      const left = await play(kind, given, short);
      expect(await left.undo()).toMatchObject({ status: 'done' });
      expect(userExecutions(world).map(({ status }) => status)).toEqual(['ABORTED', 'SUCCEEDED']);
    }));

  it('starts no second one beside one that runs still when a person retries', () =>
    inAws({ machine: { ...machine, takes: '10m' } }, async ({ play, world }) => {
      expect((await play(kind, given, { forSeconds: 30 })).seen?.status).toBe('pending');
      const retried = await play(kind, given);
      expect(retried.preparation).toMatchObject({
        evidence: [{ what: expect.stringMatching(/runs already/) }],
      });
      expect(retried.seen).toMatchObject({ status: 'done' });
      expect(userExecutions(world)).toHaveLength(1);
    }));

  it('refuses a machine that is not there', () =>
    inAws(components, async ({ play }) => {
      const gone = { ...machine, id: 'x', arn: `${arn}-2` };
      expect(reasonsOf((await play(kind, { machine: gone })).preparation)).toBe(
        `There is no state machine ${arn}-2.`,
      );
    }));

  it('refuses an Express workflow, whose executions nobody can ask for', () =>
    inAws(components, async ({ play, world }) => {
      expressMachines(world).add(arn);
      const { preparation } = await play(kind, given);
      expect(reasonsOf(preparation)).toContain('is an Express workflow');
    }));

  it('may start this machine, in the version that the plan names, and stop its executions', async () => {
    const permissions = await permissionsOf(kind, { machine: { ...machine, arn: `${arn}:PROD` } }, given);
    expect(openChanges(permissions)).toEqual([]);
    expect(permissions).toEqual([
      `states:DescribeStateMachine ${arn}`,
      `states:StartExecution ${arn}:PROD`,
      `states:DescribeExecution ${arn.replace('stateMachine', 'execution')}:*`,
      `states:StopExecution ${arn.replace('stateMachine', 'execution')}:*`,
    ]);
  });
});

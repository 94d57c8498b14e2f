import { describe, expect, it } from 'vitest';
import { lambdaState } from '../../../simulator/services/lambda.ts';
import { inAws, openChanges, permissionsOf, reasonsOf } from '../../support/aws-world.ts';

const region = 'ap-southeast-4';
const components = {
  fn: { type: 'lambda-function', region, name: 'reconcile', qualifier: 'live' },
  queue: { type: 'event-source-mapping', region, uuid: 'a1b2-c3d4', enabled: false },
  home: { type: 'event-source-mapping', region: 'ap-southeast-2', uuid: 'e5f6' },
};
const given = { function: 'fn', payload: { dryRun: false } };

describe('lambda.invoke', () => {
  it('is done with what the function answered', () =>
    inAws(components, async ({ play }) => {
      const { seen } = await play('lambda.invoke', given);
      expect(seen).toMatchObject({
        status: 'done',
        outputs: { result: { ok: true, runs: 1 }, version: 'live' },
      });
    }));

  it('fails on a function error, with what it says', () =>
    inAws(components, async ({ play, strike }) => {
      strike({ type: 'failure' }, 'fn');
      const { seen } = await play('lambda.invoke', given);
      expect(reasonsOf(seen)).toContain('failed (Unhandled, Runtime.ExitError');
    }));

  it('runs at most once: a lost answer is for a person', () =>
    inAws(
      components,
      async ({ play, world }) => {
        const { seen } = await play('lambda.invoke', given);
        expect(reasonsOf(seen)).toBe('The answer of reconcile was lost: it is not known whether it ran.');
        expect(world.calls.get('lambda.Invoke')).toBe(1);
      },
      { faults: { 'lambda.Invoke': ['lost-reply'] } },
    ));

  it('runs again with the same token where the plan says that it may', () =>
    inAws(
      components,
      async ({ play, world }) => {
        const { seen } = await play('lambda.invoke', { ...given, repeatable: true });
        expect(seen).toMatchObject({ status: 'done', outputs: { result: { runs: 1 } } });
        expect(world.calls.get('lambda.Invoke')).toBe(2);
      },
      { faults: { 'lambda.Invoke': ['lost-reply'] } },
    ));

  it('is called again after a refusal, which is no run', () =>
    inAws(
      components,
      async ({ play }) => expect((await play('lambda.invoke', given)).seen).toMatchObject({ status: 'done' }),
      { faults: { 'lambda.Invoke': ['throttle'] } },
    ));

  it('refuses a function that is not there', () =>
    inAws(components, async ({ play }) => {
      const gone = { ...components.fn, id: 'x', name: 'gone' };
      const { preparation } = await play('lambda.invoke', { function: gone });
      expect(reasonsOf(preparation)).toContain('no Lambda function gone:live');
    }));
});

describe('lambda.switch-event-source', () => {
  const on = { mapping: 'queue', enabled: true };

  it('is done when the mapping is Enabled, and turns it back', () =>
    inAws(components, async ({ play, world }) => {
      const { seen, undo } = await play('lambda.switch-event-source', on);
      expect(seen).toMatchObject({ status: 'done', outputs: { state: 'Enabled' } });
      expect((await play('lambda.switch-event-source', on)).preparation.status).toBe('already-done');
      expect(await undo()).toMatchObject({ status: 'done' });
      expect(lambdaState(world).mappings[0]?.state).toBe('Disabled');
    }));

  it.each([{ faults: { 'lambda.UpdateEventSourceMapping': ['lost-reply' as const] } }, { stale: 'lambda' }])(
    'is safe under %o',
    options =>
      inAws(
        components,
        async ({ play }) =>
          expect((await play('lambda.switch-event-source', on)).seen).toMatchObject({ status: 'done' }),
        options,
      ),
  );

  it('refuses production in a drill', () =>
    inAws(components, async ({ play }) => {
      const off = { mapping: 'home', enabled: false };
      const drill = await play('lambda.switch-event-source', off, { mode: 'drill' });
      expect(reasonsOf(drill.preparation)).toContain('This is a drill');
    }));
});

describe('lambda.set-concurrency', () => {
  const kind = 'lambda.set-concurrency';
  const stop = { function: 'fn', reserved: 0 };
  const home = { ...components.fn, region: 'ap-southeast-2' };
  const world = { ...components, home, busy: { ...components.fn, name: 'busy', reserved: 500 } };
  const reservedOf = (scene: Parameters<typeof lambdaState>[0]) => lambdaState(scene).functions[0]?.reserved;

  it('has stopped a function when what began before must have ended, and lets it run again', () =>
    inAws(world, async ({ play, world: scene }) => {
      const before = scene.nowMs();
      const { seen, undo } = await play(kind, stop);
      expect(seen).toMatchObject({ status: 'done', outputs: { previous: null } });
      expect(scene.nowMs() - before).toBeGreaterThanOrEqual(30_000);
      expect((await play(kind, stop)).preparation.status).toBe('already-done');
      await expect(play('lambda.invoke', given)).rejects.toThrow();
      expect(await undo()).toMatchObject({ status: 'done' });
      expect(reservedOf(scene)).toBeUndefined();
      expect((await play('lambda.invoke', given)).seen).toMatchObject({ status: 'done' });
    }));

  it('limits a function at once, and takes the limit away', () =>
    inAws(world, async ({ play, world: scene }) => {
      expect((await play(kind, { function: 'fn', reserved: 20 })).seen).toMatchObject({ status: 'done' });
      expect(reservedOf(scene)).toBe(20);
      const free = await play(kind, { function: 'fn', reserved: null });
      expect(free.seen).toMatchObject({ status: 'done', outputs: { previous: 20 } });
      expect(await free.undo()).toMatchObject({ status: 'done' });
      expect(reservedOf(scene)).toBe(20);
    }));

  it.each([{ faults: { 'lambda.PutFunctionConcurrency': ['lost-reply' as const] } }, { stale: 'lambda' }])(
    'is safe under %o',
    options =>
      inAws(
        world,
        async ({ play }) => expect((await play(kind, stop)).seen).toMatchObject({ status: 'done' }),
        options,
      ),
  );

  it('says why when the account has too little left', () =>
    inAws(world, async ({ play }) => {
      await expect(play(kind, { function: 'fn', reserved: 600 })).rejects.toThrow('too little would be left');
    }));

  it('leaves alone what somebody else has set since', () =>
    inAws(world, async ({ play, call, world: scene }) => {
      const { undo } = await play(kind, stop);
      await call('lambda.PutFunctionConcurrency', {
        FunctionName: 'reconcile',
        ReservedConcurrentExecutions: 5,
      });
      expect(reasonsOf(await undo())).toContain('Somebody gave reconcile a reserved concurrency of 5');
      expect(reservedOf(scene)).toBe(5);
    }));

  it('refuses a function that is not there, and production in a drill', () =>
    inAws(world, async ({ play }) => {
      const gone = { ...components.fn, id: 'x', name: 'gone' };
      expect(reasonsOf((await play(kind, { ...stop, function: gone })).preparation)).toContain(
        'no Lambda function',
      );
      const drill = await play(kind, { ...stop, function: 'home' }, { mode: 'drill' });
      expect(reasonsOf(drill.preparation)).toContain('This is a drill');
    }));

  it('may change this function only', async () => {
    const permissions = await permissionsOf(kind, components, stop);
    expect(openChanges(permissions)).toEqual([]);
    const arn = `arn:\${AWS::Partition}:lambda:${region}:\${AWS::AccountId}:function:reconcile`;
    expect(permissions).toContain(`lambda:PutFunctionConcurrency ${arn}`);
    expect(permissions).toContain(`lambda:GetFunctionConfiguration ${arn}:live`);
  });
});

it('may run this function and switch this mapping only', async () => {
  const invoke = await permissionsOf('lambda.invoke', components, given);
  expect(openChanges(invoke)).toEqual([]);
  expect(invoke).toContain(
    `lambda:InvokeFunction arn:\${AWS::Partition}:lambda:${region}:\${AWS::AccountId}:function:reconcile:live`,
  );
  const on = { mapping: 'queue', enabled: true };
  expect(openChanges(await permissionsOf('lambda.switch-event-source', components, on))).toEqual([]);
});

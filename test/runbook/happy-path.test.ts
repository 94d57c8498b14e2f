import { expect, test } from 'vitest';
import { at, makeScene } from './fixture.ts';

test('a step is prepared, acted on, looked at until it is done, and all of it is stored', async () => {
  const scene = await makeScene({ takesSeconds: 101 });
  expect(await scene.call('prepare')).toEqual({ next: 'act', waitSeconds: 0, answerWithinSeconds: 0 });
  expect(await scene.record()).toMatchObject({
    status: 'preparing',
    attempt: 1,
    acted: false,
    undone: false,
  });
  scene.wait(5);
  expect(await scene.call('act')).toMatchObject({ next: 'observe' });
  expect(await scene.record()).toMatchObject({ status: 'acting', acted: true, actedAt: at(5) });
  scene.wait(100);
  expect(await scene.call('observe')).toEqual({ next: 'pending', waitSeconds: 3, answerWithinSeconds: 0 });
  expect(await scene.record()).toMatchObject({ status: 'acting', note: 'not there yet' });
  scene.wait(5);
  expect(await scene.call('observe')).toMatchObject({ next: 'done' });

  const record = await scene.record();
  expect(record).toMatchObject({
    step: scene.step,
    status: 'done',
    baseline: { before: 1 },
    outputs: { size: 3 },
    preparedAt: at(0),
    actedAt: at(5),
    endedAt: at(110),
  });
  expect(record).not.toHaveProperty('note');
  expect(scene.thing.seen).toEqual(['prepare 3 none', 'act 0', 'observe 100', 'observe 105']);
});

test('the ledger says each status once, with outputs and evidence at the end, and lists the change', async () => {
  const scene = await makeScene();
  for (const operation of ['prepare', 'act', 'observe'] as const) await scene.call(operation);
  const entries = await scene.stepEntries();
  expect(entries.map(({ status }) => status)).toEqual(['preparing', 'acting', 'done']);
  expect(entries.at(-1)).toMatchObject({
    run: scene.run.id,
    phase: 'activate',
    step: 'resize',
    action: 'thing.resize',
    attempt: 1,
    outputs: { size: 3 },
    evidence: [{ what: 'The size is 3' }],
  });
  expect(await scene.entries('change')).toEqual([
    {
      type: 'change',
      run: scene.run.id,
      step: 'resize',
      call: 'thing.Resize',
      region: 'ap-southeast-4',
      resource: 'thing',
      what: 'From 1 to 3',
    },
  ]);
});

test('a wanted state that holds already is done without acting', async () => {
  const scene = await makeScene({
    behaviour: {
      prepare: () => ({
        status: 'already-done',
        baseline: {},
        outputs: { size: 3 },
        evidence: [{ what: 'It has 3' }],
      }),
    },
  });
  expect(await scene.call('prepare')).toMatchObject({ next: 'done' });
  expect(await scene.record()).toMatchObject({ status: 'done', acted: false, outputs: { size: 3 } });
  expect(await scene.said()).toEqual(['preparing 1', 'done 1']);
});

test('a step that changes nothing is not marked as one that may have to be undone', async () => {
  const scene = await makeScene({ behaviour: { mutates: false } });
  await scene.call('prepare');
  await scene.call('act');
  await scene.call('observe');
  expect(await scene.record()).toMatchObject({ status: 'done', acted: false });
});

test('the names and tags of what a step makes follow from the run', async () => {
  const names: unknown[] = [];
  const scene = await makeScene({
    behaviour: {
      observe: context => {
        names.push(
          context.names.resource('shop-dr', 63),
          context.names.tags().map(({ Key }) => Key),
        );
        return undefined;
      },
    },
  });
  for (const operation of ['prepare', 'act', 'observe'] as const) await scene.call(operation);
  expect(names).toEqual([
    'shop-dr-20260310-3f9c1a',
    ['lifeboat:run', 'lifeboat:system', 'lifeboat:expires-at'],
  ]);
});

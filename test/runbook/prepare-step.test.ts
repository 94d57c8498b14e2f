import { describe, expect, it } from 'vitest';
import { stepKey } from '../../shared/incident/keys.ts';
import { writeStep } from '../../shared/runbook/step-record.ts';
import { firstRecord } from '../../shared/runbook/step-work.ts';
import { makeScene, makeStep, type Scene } from './fixture.ts';

describe('modes', () => {
  it('skip a step that is not part of them, without looking', async () => {
    const scene = await makeScene({ mode: 'drill', step: { modes: ['recover'] } });
    expect(await scene.call('prepare')).toMatchObject({ next: 'skipped' });
    expect(await scene.record()).toMatchObject({ status: 'skipped', note: 'Not part of the mode drill' });
    expect(scene.thing.seen).toEqual([]);
  });

  it('drill: prepares what would touch production, and goes no further', async () => {
    const scene = await makeScene({ mode: 'drill', behaviour: { drill: 'prepare-only' } });
    expect(await scene.call('prepare')).toMatchObject({ next: 'skipped' });
    expect(scene.thing.seen).toEqual(['prepare 3 none']);
    expect((await scene.stepEntries()).at(-1)).toMatchObject({
      status: 'skipped',
      note: 'Drill: prepared, production is left alone',
      evidence: [{ what: 'It has 1' }],
    });
  });

  it.each(['isolated', 'same'] as const)('drill: carries out what is %s', async drill => {
    const scene = await makeScene({ mode: 'drill', behaviour: { drill } });
    expect(await scene.call('prepare')).toMatchObject({ next: 'act' });
  });

  it('dry-run: prepares what changes something, and does not look for what was not made', async () => {
    const scene = await makeScene({ mode: 'dry-run' });
    expect(await scene.call('prepare')).toMatchObject({ next: 'skipped' });
    expect(scene.thing).toMatchObject({ changes: 0, seen: ['prepare 3 none'] });
  });

  it('dry-run: looks once at what only reads, so that later steps have its outputs', async () => {
    const scene = await makeScene({ mode: 'dry-run', behaviour: { mutates: false } });
    expect(await scene.call('prepare')).toMatchObject({ next: 'done' });
    expect(await scene.record()).toMatchObject({ status: 'done', outputs: { size: 1 } });
    expect((await scene.stepEntries()).at(-1)?.evidence).toEqual([
      { what: 'It has 1' },
      { what: 'The size is 3' },
    ]);
  });

  it.each([
    [{ status: 'pending', note: 'not ready yet' }, 'not ready yet'],
    [{ status: 'failed', reasons: [{ what: 'It is broken.', mend: '' }], evidence: [] }, 'It is broken.'],
  ] as const)('dry-run: notes what one look found missing: $1', async (seen, what) => {
    const scene = await makeScene({
      mode: 'dry-run',
      behaviour: {
        mutates: false,
        observe: () =>
          seen.status === 'failed' ? { ...seen, reasons: [...seen.reasons], evidence: [] } : seen,
      },
    });
    expect(await scene.call('prepare')).toMatchObject({ next: 'skipped' });
    expect((await scene.record()).note).toBe(`Dry run: looked once; ${what}`);
  });

  it('dry-run: asks nobody, and says who would be asked', async () => {
    const scene = await makeScene({
      mode: 'dry-run',
      behaviour: {
        prepare: () => ({
          status: 'ask',
          baseline: {},
          question: {
            kind: 'approval',
            title: 'Go?',
            shows: [],
            askedOf: ['ben', 'approver'],
            quorum: 1,
            answerWithinSeconds: 60,
          },
          evidence: [],
        }),
      },
    });
    expect(await scene.call('prepare')).toMatchObject({ next: 'skipped' });
    expect((await scene.record()).note).toBe('Dry run: would ask ben, approver');
  });

  it('dry-run: skips a step that needs what another one would have made', async () => {
    const scene = await makeScene({ mode: 'dry-run', step: { with: { size: '${steps.restore.size}' } } });
    expect(await scene.call('prepare')).toMatchObject({ next: 'skipped' });
    expect((await scene.record()).note).toMatch(/^Dry run: .*steps\.restore/);
  });

  const region = 'ap-southeast-4';
  it.each([
    ['a cluster that a run makes', true, { type: 'eks-cluster', name: 'dr', region }, 'skipped'],
    [
      'a node group of it',
      true,
      { type: 'eks-nodegroup', cluster: 'dr', name: 'general', region },
      'skipped',
    ],
    ['another cluster', true, { type: 'eks-cluster', name: 'other', region }, 'refused'],
    [
      'a cluster of the same name elsewhere',
      true,
      { cluster: 'dr', name: 'app', region: 'eu-west-1' },
      'refused',
    ],
    ['a cluster that stands', false, { type: 'eks-cluster', name: 'dr', region }, 'refused'],
  ])('dry-run: of %s that is not there', async (_, onDemand, place, status) => {
    const reasons = [{ what: 'It is not there.', mend: 'Make it.' }];
    const scene = await makeScene({
      mode: 'dry-run',
      step: { with: { size: 3, place } },
      behaviour: { prepare: () => ({ status: 'refused', reasons, evidence: [] }) },
    });
    const cluster = { type: 'eks-cluster', name: 'dr', region, test: false, onDemand } as const;
    scene.runtime.plan.components.standby = { ...cluster, id: 'standby' };
    await scene.call('prepare').catch(() => undefined);
    expect(await scene.record()).toMatchObject({ status });
    if (status === 'skipped') {
      expect((await scene.record()).note).toBe(
        'Dry run: a run makes standby first. As it is now: It is not there.',
      );
    }
  });

  it.each([
    ['before it', ['mend', 'scale'], 'skipped'],
    ['after it', ['scale', 'mend'], 'refused'],
  ])('dry-run: of a server that a step %s mends', async (_, order, status) => {
    const scene = await makeScene({
      mode: 'dry-run',
      step: { with: { size: 3, place: { type: 'postgres-server', id: 'db' } } },
      behaviour: {
        prepare: () => ({
          status: 'refused',
          reasons: [{ what: 'It does not answer.', mend: 'Wait.' }],
          evidence: [],
        }),
      },
    });
    const { run, step } = scene;
    const [phase] = scene.runtime.plan.scenarios[run.scenario]?.phases ?? [];
    if (!phase) throw new Error('the plan of the fixture has no phase');
    const mend = {
      do: 'people.task',
      title: 'By hand',
      onFailure: 'ask' as const,
      with: { restores: ['db'] },
    };
    phase.steps = order.map(id => ({
      ...mend,
      id: id === 'scale' ? step.id : id,
      ...(id === 'scale' && { with: {} }),
    }));
    await scene.call('prepare').catch(() => undefined);
    expect(await scene.record()).toMatchObject({ status });
    if (status === 'skipped')
      expect((await scene.record()).note).toBe(
        'Dry run: a run mends db first. As it is now: It does not answer.',
      );
  });

  it.each([
    [true, 'done'],
    [false, 'skipped'],
  ])('dry-run: looks at what only reads with its parameters (%s)', async (reads, status) => {
    const scene = await makeScene({
      mode: 'dry-run',
      behaviour: { onlyReads: () => reads, observe: () => ({ status: 'done', outputs: {}, evidence: [] }) },
    });
    await scene.call('prepare');
    expect(await scene.record()).toMatchObject({ status });
  });

  it('dry-run: hands on what stands for an answer, so that steps behind a question are looked at', async () => {
    const question = {
      kind: 'approval' as const,
      title: 'Go?',
      shows: [],
      askedOf: ['ben'],
      quorum: 1,
      answerWithinSeconds: 60,
    };
    const unasked = { approvedBy: 'nobody', accepted: [] };
    const scene = await makeScene({
      mode: 'dry-run',
      behaviour: { prepare: () => ({ status: 'ask', baseline: {}, question, evidence: [], unasked }) },
    });
    expect(await scene.call('prepare')).toMatchObject({ next: 'skipped' });
    expect(await scene.record()).toMatchObject({ status: 'skipped', outputs: unasked });
  });

  it('dry-run: finds parameters that can never fit', async () => {
    const scene = await makeScene({ mode: 'dry-run', step: { with: { size: 'three' } } });
    await expect(scene.call('prepare')).rejects.toMatchObject({
      name: 'InvalidInputError',
      message: expect.stringContaining('size'),
    });
  });
});

describe('parameters', () => {
  async function withRestored(scene: Scene, size: number): Promise<void> {
    await writeStep(scene.runtime.store, scene.run.id, 'restore', () => ({
      ...firstRecord(makeStep({ id: 'restore' }), '2026-03-10T16:50:00.000Z'),
      status: 'done',
      outputs: { size },
    }));
  }

  it.each([
    ['failed', 'act'],
    ['done', 'skipped'],
  ] as const)('a condition may ask what an earlier step came to: %s, %s', async (status, next) => {
    const scene = await makeScene({ step: { when: { value: '${steps.restore.status}', is: 'failed' } } });
    await writeStep(scene.runtime.store, scene.run.id, 'restore', () => ({
      ...firstRecord(makeStep({ id: 'restore' }), '2026-03-10T16:50:00.000Z'),
      status,
    }));
    expect(await scene.call('prepare')).toMatchObject({ next });
  });

  it('take outputs of earlier steps as the values that they are, and text is put together', async () => {
    const scene = await makeScene({
      step: {
        with: {
          size: '${steps.restore.size}',
          label: '${run.id} in ${run.mode} since ${incident.startedAt}',
        },
      },
    });
    await withRestored(scene, 7);
    await scene.call('prepare');
    expect(scene.thing.seen).toEqual([
      `prepare 7 20260310-3f9c1a in recover since ${scene.run.outageStartedAt}`,
    ]);
  });

  it('are the same in act and observe, though the outputs of other steps grow', async () => {
    const scene = await makeScene({ step: { with: { size: '${steps.restore.size}' } } });
    await withRestored(scene, 7);
    for (const operation of ['prepare', 'act', 'observe'] as const) await scene.call(operation);
    expect((await scene.record()).outputs).toEqual({ size: 7 });
  });

  it('that name a step without outputs say so before anything is changed', async () => {
    const scene = await makeScene({ step: { with: { size: '${steps.restore.size}' } } });
    await expect(scene.call('prepare')).rejects.toMatchObject({
      name: 'InvalidInputError',
      message: expect.stringContaining('steps.restore.size'),
    });
  });

  it('that do not fit the action name the step, the parameter and the kind', async () => {
    const scene = await makeScene({ step: { with: {} } });
    await expect(scene.call('prepare')).rejects.toThrow(
      /The parameters of step "resize" do not fit thing\.resize: size: /,
    );
  });
});

it('records are found by run and step', async () => {
  const scene = await makeScene();
  await scene.call('prepare');
  expect(await scene.runtime.store.get(stepKey(scene.run.id, 'resize'))).toMatchObject({
    data: { step: { id: 'resize' } },
  });
});

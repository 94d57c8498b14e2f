import { describe, expect, it } from 'vitest';
import { openIncident } from '../../shared/incident/incident.ts';
import { nextUndo } from '../../shared/runbook/next-undo.ts';
import { readStep, type StepRecord, writeStep } from '../../shared/runbook/step-record.ts';
import { firstRecord } from '../../shared/runbook/step-work.ts';
import { at, makeScene, makeStep, type Scene } from './fixture.ts';

async function withSteps(scene: Scene, records: Record<string, Partial<StepRecord>>): Promise<void> {
  for (const [id, record] of Object.entries(records)) {
    await writeStep(scene.runtime.store, scene.run.id, id, () => ({
      ...firstRecord(makeStep({ id }), at(0)),
      status: 'done',
      acted: true,
      ...record,
    }));
  }
}

/** What the tear-down machine does: picks, undoes, picks again. */
async function tearDown(scene: Scene, undone: (id: string) => Partial<StepRecord>): Promise<string[]> {
  const order: string[] = [];
  for (;;) {
    const picked = await nextUndo(scene.runtime, scene.run);
    if (picked.next === 'done' || order.length > 20) return order;
    order.push(picked.step.id);
    const { id } = picked.step;
    await writeStep(scene.runtime.store, scene.run.id, id, current => ({
      ...(current ?? firstRecord(makeStep({ id }), at(0))),
      ...undone(id),
    }));
  }
}

describe('the tear-down of a drill', () => {
  it('takes steps back in the reverse order of their first preparation, only those that changed something', async () => {
    const scene = await makeScene({ mode: 'drill' });
    await withSteps(scene, {
      grow: { preparedAt: at(1) },
      // Prepared first and tried again last: what came after it was built on it.
      restore: { preparedAt: at(0), attempt: 2, actedAt: at(900) },
      check: { preparedAt: at(2), acted: false },
      secret: { preparedAt: at(3), undone: true, status: 'undone' },
      scale: { preparedAt: at(4), status: 'failed' },
    });
    const order = await tearDown(scene, () => ({ undone: true, status: 'undone', undoBegunAt: at(1000) }));
    expect(order).toEqual(['scale', 'grow', 'restore']);
    expect(await nextUndo(scene.runtime, scene.run)).toEqual({ next: 'done', step: null });
  });

  it('is not held up by a step that can not be undone', async () => {
    const scene = await makeScene({ mode: 'drill' });
    await withSteps(scene, { first: { preparedAt: at(0) }, second: { preparedAt: at(1) } });
    const order = await tearDown(scene, id =>
      id === 'second'
        ? { status: 'failed', undoBegunAt: at(5), undoError: { name: 'StepFailedError', message: 'no' } }
        : { undone: true, undoBegunAt: at(6) },
    );
    expect(order).toEqual(['second', 'first']);
  });

  it('picks a step once more if the call that picked it died, and not for ever', async () => {
    const scene = await makeScene({ mode: 'drill' });
    await withSteps(scene, { only: {} });
    expect(await tearDown(scene, () => ({}))).toEqual(['only', 'only']);
  });

  it('leaves everything while a real incident is open, and says so once', async () => {
    const scene = await makeScene({ mode: 'drill' });
    await withSteps(scene, { grow: {} });
    const real = await openIncident(scene.runtime, {
      scenario: 'region-failure',
      mode: 'recover',
      openedAt: at(60),
      outageStartedAt: at(0),
      by: 'alarm',
    });
    for (const _ of [1, 2]) {
      expect(await nextUndo(scene.runtime, scene.run)).toEqual({ next: 'done', step: null });
    }
    const notes = await scene.entries('note');
    expect(notes).toHaveLength(1);
    expect(notes[0]?.what).toContain(real.id);
    expect(await readStep(scene.runtime.store, scene.run.id, 'grow')).not.toHaveProperty('handedOut');
  });
});

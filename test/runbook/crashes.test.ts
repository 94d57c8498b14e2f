import { describe, expect, it } from 'vitest';
import { type Crash, died, makeScene, patiently, type Scene } from './fixture.ts';

/** A step as the step machine runs it: three calls, the last one twice, each repeated when its handler dies. */
async function runStep(scene: Scene): Promise<void> {
  await patiently(() => scene.call('prepare'));
  scene.wait(1);
  await patiently(() => scene.call('act'));
  scene.wait(60);
  await patiently(() => scene.call('observe'));
  scene.wait(3);
  await patiently(() => scene.call('observe'));
}

async function undisturbed() {
  const scene = await makeScene({ takesSeconds: 62 });
  await runStep(scene);
  return { writes: scene.writes(), record: await scene.record(), said: await scene.stepEntries() };
}

const { writes, record, said } = await undisturbed();

/** Every write of the store, lost before or after it was made: wherever a handler can die between two of them. */
const crashes: Crash[] = Array.from({ length: writes }, (_, index) => index + 1).flatMap(write => [
  { write, when: 'before' as const },
  { write, when: 'after' as const },
]);

describe('a handler that dies', () => {
  it('has many places to do so in this step', () => {
    expect(crashes.length).toBeGreaterThan(20);
  });

  it.each(crashes)('$when write $write leaves the same record, change and ledger', async crash => {
    const scene = await makeScene({ takesSeconds: 62 });
    scene.crashes.push(crash);
    await runStep(scene);
    expect(await scene.record()).toEqual(record);
    expect(await scene.stepEntries()).toEqual(said);
    expect(scene.thing.changes).toBe(1);
    expect(await scene.entries('change')).toHaveLength(1);
  });

  it.each(['before act', 'after act'] as const)('%s changes the world once', async where => {
    let dies = true;
    const scene = await makeScene({
      behaviour: {
        dying: here => {
          if (here !== where || !dies) return;
          dies = false;
          throw died();
        },
      },
    });
    await scene.call('prepare');
    await expect(scene.call('act')).rejects.toThrow('died');
    expect(await scene.record()).toMatchObject({ status: 'acting', acted: true });
    await scene.call('act');
    await scene.call('observe');
    expect(scene.thing.changes).toBe(1);
    expect(await scene.entries('change')).toHaveLength(1);
    expect(await scene.said()).toEqual(['preparing 1', 'acting 1', 'done 1']);
  });

  it('keeps the time at which acting began, so that the time-out does not begin anew', async () => {
    const scene = await makeScene({ step: { timeoutSeconds: 100 }, takesSeconds: 900 });
    await scene.call('prepare');
    await scene.call('act');
    scene.wait(90);
    await scene.call('act');
    scene.wait(20);
    await expect(scene.call('observe')).rejects.toThrow('Not done after 100 s');
  });
});

describe('a handler that dies while it finds that nothing is to be done', () => {
  const behaviour = {
    prepare: () => ({
      status: 'already-done' as const,
      baseline: {},
      outputs: { size: 3 },
      evidence: [{ what: 'It has 3' }],
    }),
  };

  it.each([1, 2, 3, 4, 5, 6])(
    'before or after write %i says so all the same, with its evidence',
    async write => {
      for (const when of ['before', 'after'] as const) {
        const scene = await makeScene({ behaviour });
        scene.crashes.push({ write, when });
        expect(await patiently(() => scene.call('prepare'))).toMatchObject({ next: 'done' });
        expect(await scene.said()).toEqual(['preparing 1', 'done 1']);
        expect((await scene.stepEntries()).at(-1)).toMatchObject({
          outputs: { size: 3 },
          evidence: [{ what: 'It has 3' }],
        });
      }
    },
  );
});

describe('undoing whose handler dies', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('at its write %i takes back and tells once', async offset => {
    for (const when of ['before', 'after'] as const) {
      const scene = await makeScene();
      for (const operation of ['prepare', 'act', 'observe'] as const) await scene.call(operation);
      scene.crashes.push({ write: scene.writes() + offset, when });
      await patiently(() => scene.call('undo'));
      await patiently(() => scene.call('undo'));
      expect(scene.thing).toMatchObject({ target: 1, changes: 2 });
      expect(await scene.entries('change')).toHaveLength(2);
      expect((await scene.said()).slice(3)).toEqual(['undoing 1', 'undone 1']);
    }
  });
});

describe('a call that is made again, or late', () => {
  it('says "done" again without looking again', async () => {
    const scene = await makeScene();
    for (const operation of ['prepare', 'act', 'observe'] as const) await scene.call(operation);
    const { endedAt } = await scene.record();
    const looks = scene.thing.seen.length;
    scene.wait(30);
    expect(await scene.call('prepare')).toMatchObject({ next: 'done' });
    expect(await scene.call('observe')).toMatchObject({ next: 'done' });
    expect(scene.thing.seen).toHaveLength(looks);
    expect((await scene.record()).endedAt).toBe(endedAt);
  });

  it('to prepare does not replace what was found before the change', async () => {
    const scene = await makeScene();
    await scene.call('prepare');
    await scene.call('act');
    expect(await scene.call('prepare')).toMatchObject({ next: 'act' });
    expect(await scene.record()).toMatchObject({ status: 'acting', baseline: { before: 1 } });
  });

  it('to prepare, slower than the one that replaced it, does not undo what was recorded since', async () => {
    const gate = Promise.withResolvers<void>();
    let slow = true;
    const scene = await makeScene();
    const prepare = scene.action.prepare;
    scene.action.prepare = async (context, parameters) => {
      const found = await prepare(context, parameters);
      if (slow) {
        slow = false;
        await gate.promise;
        return { ...found, baseline: { before: 99 } };
      }
      return found;
    };
    const late = scene.call('prepare');
    await scene.call('prepare');
    await scene.call('act');
    gate.resolve();
    await late;
    expect(await scene.record()).toMatchObject({ status: 'acting', baseline: { before: 1 } });
  });

  it.each(['done', 'undone'] as const)('to act changes nothing once the step is %s', async status => {
    const scene = await makeScene();
    for (const operation of ['prepare', 'act', 'observe'] as const) await scene.call(operation);
    if (status === 'undone') {
      await scene.call('undo');
      await scene.call('undo');
    }
    const { changes } = scene.thing;
    await scene.call('act');
    expect(scene.thing.changes).toBe(changes);
    expect((await scene.record()).status).toBe(status);
  });

  it('at the same time as another one is told once, as is its change', async () => {
    const scene = await makeScene();
    await scene.call('prepare');
    await Promise.all([scene.call('act'), scene.call('act')]);
    await Promise.all([scene.call('observe'), scene.call('observe')]);
    expect(await scene.entries('change')).toHaveLength(1);
    expect(await scene.said()).toEqual(['preparing 1', 'acting 1', 'done 1']);
  });
});

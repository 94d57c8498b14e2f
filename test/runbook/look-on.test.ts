import { describe, expect, it } from 'vitest';
import { ServiceUnavailableError } from '../../shared/errors.ts';
import { at, makeScene } from './fixture.ts';

/** Times between the looks that were made, in seconds since the act. */
const looks = (seen: readonly string[]) =>
  seen.flatMap(what => (what.startsWith('observe ') ? Number(what.slice('observe '.length)) : []));

describe('a call that goes on', () => {
  it('prepares a step that only looks and looks at it', async () => {
    const scene = await makeScene({ looksOn: true, behaviour: { acts: false, mutates: false } });
    expect(await scene.call('prepare')).toMatchObject({ next: 'done' });
    expect(await scene.said()).toEqual(['preparing 1', 'acting 1', 'done 1']);
    expect(scene.thing.seen).toEqual(['prepare 3 none', 'observe 0']);
  });

  it('acts and sees at once what is there at once', async () => {
    const scene = await makeScene({ looksOn: true });
    expect(await scene.call('prepare')).toMatchObject({ next: 'act' });
    expect(await scene.call('act')).toMatchObject({ next: 'done' });
    expect(await scene.record()).toMatchObject({ status: 'done', acted: true, outputs: { size: 3 } });
  });

  it('leaves the look to the next call when the act took long', async () => {
    const scene = await makeScene({
      looksOn: true,
      behaviour: { dying: where => where === 'after act' && scene.wait(30) },
    });
    await scene.call('prepare');
    expect(await scene.call('act')).toMatchObject({ next: 'observe' });
    expect(scene.thing.seen).toEqual(['prepare 3 none', 'act 0']);
  });

  it('looks again after a moment, and leaves a longer one to the next call', async () => {
    const scene = await makeScene({ looksOn: true, takesSeconds: 11 });
    await scene.call('prepare');
    expect(await scene.call('act')).toMatchObject({ next: 'pending', waitSeconds: 0 });
    expect(await scene.call('observe')).toMatchObject({ next: 'pending', waitSeconds: 0 });
    expect(await scene.call('observe')).toMatchObject({ next: 'done' });
    const times = looks(scene.thing.seen);
    for (const [index, time] of times.entries()) {
      const before = times[index - 1] ?? 0;
      expect(time - before).toBeLessThanOrEqual(Math.max(0.15, before * 0.012) + 0.001);
    }
    expect(times.at(-1)).toBeLessThan(11.3);
    expect((await scene.record()).endedAt).toBe(at(times.at(-1) ?? 0));
  });

  it('looks once more at the most when a look takes long, so that the function has time left', async () => {
    let looks = 0;
    const scene = await makeScene({
      looksOn: true,
      behaviour: {
        observe: () => {
          looks += 1;
          scene.wait(4);
          return { status: 'pending', note: 'no answer for 4 s' };
        },
      },
    });
    await scene.call('prepare');
    expect(await scene.call('act')).toMatchObject({ next: 'pending', waitSeconds: 0 });
    expect(looks).toBe(2);
  });

  it('waits in the machine for what is not expected yet', async () => {
    const scene = await makeScene({ looksOn: true, takesSeconds: 500, behaviour: { minSeconds: 400 } });
    await scene.call('prepare');
    expect(await scene.call('act')).toMatchObject({ next: 'pending', waitSeconds: 1 });
    scene.wait(100);
    expect(await scene.call('observe')).toMatchObject({ next: 'pending', waitSeconds: 35 });
  });

  it('does not act twice when its first look failed for the moment', async () => {
    let failing = true;
    const scene = await makeScene({
      looksOn: true,
      behaviour: {
        observe: () => {
          if (!failing) return undefined;
          failing = false;
          throw new ServiceUnavailableError('It does not answer', { nextStep: 'Look again.' });
        },
      },
    });
    await scene.call('prepare');
    expect(await scene.call('act')).toMatchObject({ next: 'done' });
    expect(scene.thing.seen.filter(what => what.startsWith('act'))).toHaveLength(1);
  });
});

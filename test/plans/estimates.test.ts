import { describe, expect, test } from 'vitest';
import { checkPlan } from '../../shared/plan/check.ts';
import { readRehearsed } from '../../shared/plan/rehearsed.ts';
import { stepsOf } from '../../shared/runbook/phases.ts';
import { systems } from './support.ts';

describe.each(systems)('the estimates of %s', async system => {
  const directory = `plans/${system}`;
  const { plan } = await checkPlan(`${directory}/plan.yml`);
  const rehearsed = readRehearsed(directory);

  test('were rehearsed for every step that the plan has, and for no other', () => {
    const known = Object.entries(rehearsed?.scenarios ?? {}).flatMap(([id, steps]) =>
      Object.keys(steps).map(step => `${id}/${step}`),
    );
    const planned = Object.entries(plan?.scenarios ?? {}).flatMap(([id, { phases, modes }]) =>
      phases
        .flatMap(phase => stepsOf(phase.steps))
        .filter(step => (step.modes ?? modes).some(mode => mode !== 'dry-run' && modes.includes(mode)))
        .map(step => `${id}/${step.id}`),
    );
    const mend = `run \`lifeboat estimates ${directory}/plan.yml\``;
    expect(known.sort(), mend).toEqual(planned.sort());
  });
});

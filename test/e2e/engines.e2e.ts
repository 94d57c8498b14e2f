import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { listKinds, loadActions } from '../../shared/actions/load-actions.ts';
import type { JsonObject } from '../../shared/json.ts';
import { loadPlan } from '../../shared/plan/load.ts';
import { compileSystem, type Machine } from '../../state-machines/compile-system.ts';
import { loadFixedMachines } from '../../state-machines/fixed-machines.ts';
import { bakedStep } from '../simulator/engine/support.ts';
import { functionArn, withArns } from './engines/definitions.ts';
import { failure, goodStep, reply, run, type Script, scripted } from './engines/functions.ts';
import { type MotoEngine, startMotoEngine } from './engines/moto-engine.ts';
import { playSimulated } from './engines/simulated.ts';
import type { Play } from './engines/trace.ts';

const { moto } = inject('servers');
const fixed = loadFixedMachines();
const actions = await loadActions(listKinds());
const runbooks: Machine[] = [];
for (const { name: system } of readdirSync('plans', { withFileTypes: true }).filter(e => e.isDirectory())) {
  const { plan } = await loadPlan(`plans/${system}/plan.yml`);
  if (!plan) throw new Error(`the plan of ${system} does not load`);
  runbooks.push(...compileSystem(plan, actions).machines.filter(({ scenario }) => scenario !== undefined));
}

const step = { ...bakedStep, function: functionArn('rds') };
const person = { value: 'approve', by: 'ops', at: run.startedAt };
const stopped = [failure('StepFailedError')];
/** What a function answers before it is at rest again, and what a person does; `start` is the machine. */
type Case = { start: keyof typeof fixed; input: JsonObject; script: Script; answer?: JsonObject };
const ofStep = (script: Script, over: JsonObject = {}): Case => ({
  start: 'step',
  input: { run, step, operation: 'run', ...over },
  script: { ...goodStep, ask: [{}], ...script },
});
const ofVerify = (script: Script): Case => ({
  start: 'verify',
  input: { backup: 'database', by: 'ops' },
  script: {
    begin: [{ id: 'v', next: 'restore', waitSeconds: 0 }],
    restore: [{ id: 'v', next: 'wait', waitSeconds: 1 }],
    look: [{ id: 'v', next: 'query', waitSeconds: 0 }],
    query: [{ id: 'v', next: 'teardown', waitSeconds: 0 }],
    failed: [{ id: 'v', next: 'teardown', waitSeconds: 0 }],
    teardown: [{ id: 'v', next: 'record', waitSeconds: 0 }],
    record: [{ id: 'v', next: 'proven', waitSeconds: 0 }],
    ...script,
  },
});
const ofCommunicate = (script: Script, ticks = 0, rounds = 0): Case => ({
  start: 'communicate',
  input: { run, ticks, rounds },
  script,
});
const ofTeardown = (script: Script): Case => ({
  start: 'teardown',
  input: { run, undone: 0 },
  script: {
    'next-undo': [
      { next: 'undo', step },
      { next: 'done', step: null },
    ],
    ...script,
  },
});
const ofAsk = (script: Script, answerWithinSeconds = 30): Case => ({
  start: 'ask',
  input: { run, step, question: { kind: 'approval', answerWithinSeconds } },
  script: { ask: [{}], ...script },
});

const cases: Record<string, Case> = {
  'step: prepared, acted on, looked at twice': ofStep({ observe: [reply('pending', 1), reply('done')] }),
  'step: nothing to do': ofStep({ prepare: [reply('done')] }),
  'step: skipped': ofStep({ prepare: [reply('skipped')] }),
  'step: goes on after retries': ofStep({
    act: [failure('ThrottledError'), failure('Runtime.ExitError'), reply('observe')],
  }),
  'step: a retry that never succeeds stops it': ofStep({
    observe: [failure('ThrottledError')],
    settle: [reply('stop')],
  }),
  'step: fails and stops': ofStep({ act: stopped, settle: [reply('stop')] }),
  'step: fails and the run goes on': ofStep({ observe: stopped, settle: [reply('continue')] }),
  'step: fails and is undone': ofStep({
    observe: stopped,
    settle: [reply('undo')],
    undo: [reply('pending', 1), reply('done')],
  }),
  'step: fails and cannot be settled': ofStep({ prepare: stopped, settle: stopped }),
  'step: undone': ofStep({ undo: [reply('done')] }, { operation: 'undo' }),
  'step: cannot be undone': ofStep({ undo: stopped, settle: [reply('stop')] }, { operation: 'undo' }),
  'step: a reply that nobody knows': ofStep({ prepare: [reply('dance')] }),
  'step: approved': {
    ...ofStep({ prepare: [reply('ask')], answer: [reply('done')] }),
    answer: person,
  },
  'step: fails and a person has it tried again': {
    ...ofStep({
      observe: [failure('StepFailedError'), reply('done')],
      settle: [reply('ask')],
      answer: [reply('retry')],
    }),
    answer: { ...person, value: 'retry' },
  },
  'step: the question cannot be sent': ofStep({
    prepare: [reply('ask')],
    ask: stopped,
    answer: [failure('NotApprovedError')],
    settle: [reply('stop')],
  }),
  'ask: answered': { ...ofAsk({}), answer: person },
  'ask: sent at the second attempt': {
    ...ofAsk({ ask: [failure('ServiceUnavailableError'), {}] }),
    answer: person,
  },
  'ask: nobody answers in time': ofAsk({ 'timed-out': [{ ...person, value: 'timeout' }] }, 2),
  'ask: cannot be sent': ofAsk({ ask: stopped }),
  'tear-down: undoes a step': ofTeardown({ undo: [reply('done')] }),
  'tear-down: goes on after a step that cannot be undone': ofTeardown({ undo: stopped, settle: [{}] }),
  'tear-down: cannot read what is left': ofTeardown({ 'next-undo': stopped }),
  'communicate: until everybody is informed': ofCommunicate({
    communicate: [reply('wait', 1), reply('done')],
  }),
  'communicate: goes on after a retry': ofCommunicate({
    communicate: [failure('ConflictError'), reply('done')],
  }),
  'communicate: goes on after a failure': ofCommunicate({
    communicate: [failure('InvalidInputError'), reply('done')],
  }),
  'communicate: hands over to a new round': ofCommunicate(
    { communicate: [reply('wait', 1), reply('done')] },
    149,
  ),
  'communicate: gives up': ofCommunicate({ communicate: [reply('wait', 1)] }, 149, 500),
  'verify: proven': ofVerify({}),
  'verify: waits for room and until it is gone': ofVerify({
    restore: [
      { id: 'v', next: 'again', waitSeconds: 1 },
      { id: 'v', next: 'query', waitSeconds: 0 },
    ],
    teardown: [
      { id: 'v', next: 'wait', waitSeconds: 1 },
      { id: 'v', next: 'record', waitSeconds: 0 },
    ],
  }),
  'verify: goes on after a retry': ofVerify({
    query: [failure('ThrottledError'), { id: 'v', next: 'teardown', waitSeconds: 0 }],
  }),
  'verify: the query fails, and it is torn down all the same': ofVerify({
    query: stopped,
    record: [{ id: 'v', next: 'not-proven', waitSeconds: 0 }],
  }),
  'verify: nothing to restore': ofVerify({
    begin: [{ id: 'v', next: 'record', waitSeconds: 0 }],
    record: [{ id: 'v', next: 'not-proven', waitSeconds: 0 }],
  }),
  'verify: not begun': ofVerify({ begin: stopped }),
  'verify: not recorded': ofVerify({ record: stopped }),
};

describe.skipIf(!moto.up)('the same definitions on two engines', () => {
  let second: MotoEngine;
  beforeAll(async () => {
    second = await startMotoEngine();
  });
  afterAll(() => second?.stop());

  async function sameOnBoth(play: Play) {
    const simulated = await playSimulated(play);
    const independent = await second.play(play);
    expect(independent).toEqual(simulated);
    return simulated;
  }

  test('every definition is one that moto takes as it is deployed', async () => {
    for (const [name, definition] of Object.entries(fixed)) await second.create(name, withArns(definition));
    for (const machine of runbooks) await second.create(machine.name, withArns(machine.definition));
    expect(runbooks.length).toBeGreaterThan(50);
  });

  test.each(Object.entries(cases))('%s', async (_name, given) => {
    const { start, input, script, answer } = given;
    await sameOnBoth({
      machines: { ...fixed },
      start,
      input,
      functions: scripted(script),
      ...(answer && { answer }),
    });
  });
});

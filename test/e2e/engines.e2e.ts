import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { listKinds, loadActions } from '../../shared/actions/load-actions.ts';
import type { Json, JsonObject } from '../../shared/json.ts';
import { loadPlan } from '../../shared/plan/load.ts';
import type { Definition } from '../../state-machines/asl.ts';
import { compileSystem, type Machine } from '../../state-machines/compile-system.ts';
import { loadFixedMachines } from '../../state-machines/fixed-machines.ts';
import { bakedStep } from '../simulator/engine/support.ts';
import { functionArn, withArns } from './engines/definitions.ts';
import { failure, goodStep, reply, run, type Script, scripted } from './engines/functions.ts';
import { type MotoEngine, startMotoEngine } from './engines/moto-engine.ts';
import { playSimulated } from './engines/simulated.ts';
import type { Play, Trace } from './engines/trace.ts';

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
    begin: [{ id: run.id, next: 'restore', waitSeconds: 0 }],
    restore: [{ id: run.id, next: 'wait', waitSeconds: 1 }],
    look: [{ id: run.id, next: 'query', waitSeconds: 0 }],
    query: [{ id: run.id, next: 'teardown', waitSeconds: 0 }],
    failed: [{ id: run.id, next: 'teardown', waitSeconds: 0 }],
    teardown: [{ id: run.id, next: 'record', waitSeconds: 0 }],
    record: [{ id: run.id, next: 'proven', waitSeconds: 0 }],
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
      { id: run.id, next: 'again', waitSeconds: 1 },
      { id: run.id, next: 'query', waitSeconds: 0 },
    ],
    teardown: [
      { id: run.id, next: 'wait', waitSeconds: 1 },
      { id: run.id, next: 'record', waitSeconds: 0 },
    ],
  }),
  'verify: goes on after a retry': ofVerify({
    query: [failure('ThrottledError'), { id: run.id, next: 'teardown', waitSeconds: 0 }],
  }),
  'verify: the query fails, and it is torn down all the same': ofVerify({
    query: stopped,
    record: [{ id: run.id, next: 'not-proven', waitSeconds: 0 }],
  }),
  'verify: nothing to restore': ofVerify({
    begin: [{ id: run.id, next: 'record', waitSeconds: 0 }],
    record: [{ id: run.id, next: 'not-proven', waitSeconds: 0 }],
  }),
  'verify: not begun': ofVerify({ begin: stopped }),
  'verify: not recorded': ofVerify({ record: stopped }),
};

/** A fleet of two databases, as the verify function lists it; the id of a proof is that of the run and the database. */
const fleetOf =
  (proven: Record<string, boolean>, over: Script = {}): Play['functions'] =>
  () =>
  ({ payload }): Json => {
    const operation = String(payload.operation);
    const [said] = over[operation] ?? [];
    if (said instanceof Error) throw said;
    const backups = Object.keys(proven);
    const wish = payload.wish as JsonObject | undefined;
    const name = String(payload.id ?? wish?.backup);
    const goOn = (next: string) => ({ id: name, next, waitSeconds: 0 });
    switch (operation) {
      case 'list': {
        const items = backups.map(backup => ({ name: backup, backup, of: null, point: null, by: 'ops' }));
        return { items, atOnce: 2, fleet: run.id };
      }
      case 'begin':
        return goOn('restore');
      case 'restore':
        return goOn('query');
      case 'query':
        return goOn('teardown');
      case 'teardown':
        return goOn('record');
      case 'record':
        return goOn(proven[name] ? 'proven' : 'not-proven');
      default: {
        const good = backups.filter(backup => proven[backup]).length;
        const next = good === backups.length ? 'proven' : 'not-proven';
        return { next, proven: good, notProven: backups.length - good };
      }
    }
  };
const [one, two] = [`${run.id}-one`, `${run.id}-two`];
const fleets: Record<string, Play['functions']> = {
  'all are proven': fleetOf({ [one]: true, [two]: true }),
  'one is not proven, and the other one is all the same': fleetOf({ [one]: false, [two]: true }),
  'nothing to prove': fleetOf({}),
  'not listed': fleetOf({ [one]: true }, { list: stopped }),
  'not added up': fleetOf({ [one]: true }, { sum: stopped }),
};

const plays: Record<string, Play> = {
  ...Object.fromEntries(Object.entries(cases).map(([name, given]) => [name, playOf(given)])),
  ...Object.fromEntries(
    Object.entries(fleets).map(([name, functions]) => [
      `verify-fleet: ${name}`,
      { id: run.id, machines: { ...fixed }, start: 'verify-fleet', input: { by: 'ops' }, functions },
    ]),
  ),
};

function playOf({ start, input, script, answer }: Case): Play {
  const answers = answer && { answers: () => () => answer };
  return { id: run.id, machines: { ...fixed }, start, input, functions: scripted(script), ...answers };
}

describe.skipIf(!moto.up)('the same definitions on two engines', { concurrent: true }, () => {
  const simulated = new Map<string, Trace>();
  let second: MotoEngine;
  beforeAll(async () => {
    for (const [name, play] of Object.entries(plays)) simulated.set(name, await playSimulated(play));
    second = await startMotoEngine();
  });
  afterAll(() => second?.stop());

  test('every definition is one that moto takes as it is deployed', async ({ expect }) => {
    const take = (name: string, definition: Definition) =>
      second.create(`${name}-as-deployed`, withArns(definition));
    for (const [name, definition] of Object.entries(fixed)) await take(name, definition);
    for (const machine of runbooks) await take(machine.name, machine.definition);
    expect(runbooks.length).toBeGreaterThan(50);
  }, 300_000);

  test.each(Object.keys(plays))('%s', async name => {
    const independent = await second.play(plays[name] as Play);
    expect(independent).toEqual(simulated.get(name));
  });
});

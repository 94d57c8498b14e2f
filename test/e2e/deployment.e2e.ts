import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Place } from './deployed/call-aws.ts';
import { missing } from './deployed/exists.ts';
import { packageOf, readPlan, systems } from './deployed/packages.ts';
import {
  deploy,
  type Resource,
  remove,
  stackName,
  stackResources,
  type Template,
  templateOf,
  unknownToMiniStack,
} from './deployed/stack.ts';
import { readWiring } from './deployed/targets.ts';
import { runToEnd, type Server } from './servers/process.ts';
import { pythonProgram, startMiniStack } from './servers/python.ts';

const { ministack } = inject('servers');

/**
 * Each plan is packaged, linted, deployed and removed with the commands of the guide, on an emulator of its own, since
 * what it leaves behind is part of what is looked at.
 */
describe.skipIf(!ministack.up).each(systems)('the deployment of %s', system => {
  let server: Server & { url: string };
  let place: Place;
  let template: Template;
  let resources: Resource[] = [];
  let region = '';

  beforeAll(async () => {
    const plan = await readPlan(system);
    region = plan.regions.recovery;
    template = templateOf(await packageOf(system));
    server = await startMiniStack();
    place = { endpoint: server.url, region };
    resources = await deploy(place, plan);
    // A first packaging on a busy machine takes more than a minute.
  }, 400_000);
  afterAll(() => server?.stop());

  test('has no error that cfn-lint knows', async () => {
    const file = join(await packageOf(system), 'cloudformation-template-update-stack.json');
    // osls writes a redundant DependsOn, which W3005 is about.
    expect(runToEnd(pythonProgram('cfn-lint'), ['-r', region, '-i', 'W3005', '--', file])).toBe('');
  });

  test('makes every resource of the template', async () => {
    const wanted = Object.entries(template.Resources).filter(
      ([, { Type }]) => !unknownToMiniStack.includes(Type),
    );
    expect(resources.map(({ logicalId }) => logicalId).sort()).toEqual(wanted.map(([id]) => id).sort());
    expect(await missing(place, template, resources)).toEqual([]);
  });

  test('points with every rule, schedule, subscription and state at something that exists', async () => {
    const { arrows, exists } = await readWiring(place);
    expect(arrows.filter(({ to }) => !exists.has(to))).toEqual([]);
    const starts = (kind: string) => arrows.filter(({ from }) => from.startsWith(kind)).length;
    const count = (type: string) => resources.filter(resource => resource.type === type).length;
    expect(starts('rule')).toBeGreaterThanOrEqual(count('AWS::Events::Rule') - 1);
    expect(starts('schedule')).toBe(count('AWS::Scheduler::Schedule'));
    expect(starts('topic')).toBeGreaterThan(0);
    expect(starts('machine')).toBeGreaterThanOrEqual(count('AWS::StepFunctions::StateMachine'));
  });

  test('leaves nothing behind but what must be kept', async () => {
    await remove(place, system);
    const kept = resources.filter(
      ({ logicalId }) => template.Resources[logicalId]?.DeletionPolicy === 'Retain',
    );
    expect(kept.map(({ logicalId }) => logicalId).sort()).toEqual(['ReportBucket', 'Table']);
    expect(await missing(place, template, kept)).toEqual([]);
    const removed = resources.filter(resource => !kept.includes(resource));
    const gone = (await missing(place, template, removed)).map(({ logicalId }) => logicalId);
    expect(removed.filter(({ logicalId }) => !gone.includes(logicalId))).toEqual([]);
    expect(await stackResources(place, stackName(system)).catch(() => [])).toEqual([]);
  });
});

import { expect, it } from 'vitest';
import { planSchema } from '../../../shared/plan/schema.ts';
import { knownPaths, wantedStatus } from '../../../simulator/world/addresses.ts';

const step = (id: string, kind: string, given: object) => ({ id, do: kind, with: given });
const flag = 'https://api.git.example/variables/FREEZE';
const plan = planSchema.parse({
  lifeboat: 1,
  system: { id: 'lists', title: 'Lists', owner: 'Courts', version: '1', reviewed: '2026-01-06' },
  regions: { primary: 'eu-west-2', recovery: 'eu-west-1' },
  objectives: { rto: '4h', rpo: '1h' },
  severities: { high: { title: 'High' } },
  components: {},
  people: {},
  channels: {},
  audiences: {},
  scenarios: {
    lost: {
      title: 'Lost',
      severity: 'high',
      manualOnly: true,
      modes: ['recover'],
      phases: [
        {
          id: 'all',
          title: 'All',
          stage: 'execute',
          steps: [
            step('freeze', 'http.request', { url: flag, method: 'PATCH', expectStatus: [204, 200] }),
            step('served', 'http.check', {
              url: 'https://lists.courts.example/health/today?full=1',
              connectTo: 'lists-1.eu-west-1.elb.amazonaws.com',
            }),
            step('elsewhere', 'http.check', { url: 'https://other.example/health/other' }),
          ],
        },
      ],
    },
  },
});

it('a request of a step is answered as the step expects it, by its method and address', () => {
  expect(wantedStatus(plan, 'PATCH', new URL(`${flag}?x=1`))).toBe(204);
  expect(wantedStatus(plan, 'GET', new URL(flag))).toBeUndefined();
  expect(wantedStatus(plan, 'PATCH', new URL('https://api.git.example/variables/OTHER'))).toBeUndefined();
});

it('a path is known that a step asks a load balancer for, although the plan keeps no record of its name', () => {
  expect([...knownPaths(plan)]).toEqual(['/health/today']);
});

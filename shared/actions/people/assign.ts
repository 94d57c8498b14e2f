import * as z from 'zod';
import { defineAction } from '../contract.ts';

/** Names the person who takes a role in this incident, so that messages, questions and the report can name them. */
export const action = defineAction({
  kind: 'people.assign',
  summary: 'Gives a person a role in the incident, such as incident commander',
  parameters: z.object({
    role: z.string().describe('The role that is taken, such as incident-commander'),
    person: z.string().describe('Id of the person, from the plan'),
  }),
  components: {},
  outputs: { person: 'Id of the person', name: 'Name of the person', role: 'The role' },
  drill: 'same',
  mutates: false,
  typical: { minSeconds: 0, likelySeconds: 0, maxSeconds: 1, source: 'a record in the ledger' },
  failureModes: ['the person is not reachable: the escalation levels go on until somebody acknowledges'],
  permissions: () => [],
  async prepare() {
    return { status: 'ready', baseline: {}, evidence: [] };
  },
  async observe({ nameOf }, { role, person }) {
    const name = nameOf(person);
    return {
      status: 'done',
      outputs: { person, name, role },
      evidence: [{ what: `${name} is ${role.replaceAll('-', ' ')}.`, data: { person, role } }],
    };
  },
});

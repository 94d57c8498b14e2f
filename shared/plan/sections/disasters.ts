import * as z from 'zod';
import { durationSchema } from '../duration.ts';
import { id } from './base.ts';

const components = z.array(id).min(1);
const side = z.enum(['primary', 'recovery']);

/** What goes wrong when the scenario is rehearsed. Each kind is played by the simulated services that it is about. */
export const disasterSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('region-loss'), region: side }),
  z.strictObject({
    type: z.literal('zone-loss'),
    region: side,
    zone: z.string().regex(/^[a-f]$/, 'the letter of an Availability Zone, such as a'),
  }),
  z
    .strictObject({
      type: z.literal('failure'),
      components: components.meta({ description: 'What stops serving: hosts, processes, control planes' }),
      selfHealing: z
        .boolean()
        .default(false)
        .meta({ description: 'Whether AWS or Kubernetes repairs it by itself, as it should' }),
      cause: z
        .enum(['crash', 'bad-release'])
        .default('crash')
        .meta({ description: 'bad-release: the newest image or configuration never becomes healthy' }),
    })
    .meta({ description: 'Something stops serving and can be made to serve again' }),
  z
    .strictObject({
      type: z.literal('loss'),
      components: components.meta({ description: 'What is gone, with all that it held' }),
    })
    .meta({ description: 'Something was deleted or destroyed and has to be made anew' }),
  z
    .strictObject({
      type: z.literal('corruption'),
      component: id.meta({ description: 'The database, or the table in DynamoDB, whose data is damaged' }),
      damage: z.string().meta({
        description:
          'SQL statements that do the damage, on the data of the rehearsal; of DynamoDB, what is wrong in words',
      }),
      noticedAfter: durationSchema
        .default(1800)
        .meta({ description: 'How long the damage has been there when the outage begins' }),
    })
    .meta({ description: 'The data is wrong; every copy that is made after it is wrong too' }),
  z
    .strictObject({
      type: z.literal('intrusion'),
      components: components.meta({ description: 'Secrets that are known outside, workloads that are used' }),
    })
    .meta({ description: 'Somebody is inside: credentials work for them until they are replaced' }),
]);
export type Disaster = z.infer<typeof disasterSchema>;

import {
  type EventSourceMappingConfiguration,
  GetEventSourceMappingCommand,
  LambdaClient,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import * as z from 'zod';
import { ifFound, isNamed, request } from '../../aws/aws-errors.ts';
import { eventSourceMapping } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Observation } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { alreadyDone, fail, finish, pending, ready, refuse } from '../outcomes.ts';

const parameters = z.object({
  mapping: eventSourceMapping,
  enabled: z.boolean().meta({ description: 'Whether the function takes events afterwards' }),
});
type Mapping = z.output<typeof parameters>['mapping'];

const baselineSchema = z.object({ before: z.boolean() });

async function readMapping(
  context: ActionContext,
  { uuid, region }: Mapping,
): Promise<EventSourceMappingConfiguration | undefined> {
  return ifFound(['ResourceNotFoundException'], async () => {
    return await request({ call: 'lambda.GetEventSourceMapping', region }, () =>
      context.aws.client(LambdaClient, region).send(new GetEventSourceMappingCommand({ UUID: uuid })),
    );
  });
}

/** States on the way count as the state that they lead to. */
const isOn = (found: EventSourceMappingConfiguration) => /^(Enabl|Creating)/.test(found.State ?? '');
const isSettled = (found: EventSourceMappingConfiguration) => /^(Enabled|Disabled)$/.test(found.State ?? '');

async function turn(context: ActionContext, { uuid, region }: Mapping, enabled: boolean): Promise<void> {
  await context.changed({
    call: 'lambda.UpdateEventSourceMapping',
    region,
    resource: uuid,
    what: `${enabled ? 'Enabled' : 'Disabled'} the event source mapping ${uuid}.`,
  });
  const command = new UpdateEventSourceMappingCommand({ UUID: uuid, Enabled: enabled });
  try {
    await request({ call: 'lambda.UpdateEventSourceMapping', region }, () =>
      context.aws.client(LambdaClient, region).send(command),
    );
  } catch (error) {
    // Another update is under way; the next look asks again.
    if (!isNamed(error, 'ResourceInUseException', 'ResourceConflictException')) throw error;
  }
}

/** Brings the mapping to a state, and says what is still missing. */
async function bring(context: ActionContext, mapping: Mapping, enabled: boolean): Promise<Observation> {
  const found = await readMapping(context, mapping);
  if (!found)
    return fail(`The event source mapping ${mapping.uuid} is gone.`, 'Make it again, then retry the step.');
  if (!isSettled(found)) return pending(`The event source mapping is ${found.State}.`);
  if (isOn(found) !== enabled) {
    await turn(context, mapping, enabled);
    return pending(`The event source mapping is ${found.State}; the change was asked for again.`);
  }
  const { State: state = '', LastProcessingResult: last } = found;
  const what = `The event source mapping ${mapping.uuid} is ${state}${last ? `; last result: ${last}` : ''}.`;
  return finish(what, { state });
}

/** Lets a function take events from its queue or stream, or stops it from taking them; they wait meanwhile. */
export const action = defineAction({
  kind: 'lambda.switch-event-source',
  summary: 'Enables or disables what feeds a Lambda function',
  parameters,
  components: { mapping: 'event-source-mapping' },
  outputs: { state: 'Enabled or Disabled' },
  drill: 'isolated',
  mutates: true,
  typical: {
    minSeconds: 5,
    likelySeconds: 30,
    maxSeconds: 180,
    source: 'Experience: Enabling and Disabling take up to a minute or two',
  },
  failureModes: [
    'Events that wait are older than the retention of the queue or stream, and are lost',
    'Records that are being processed come to an end after it was disabled',
    'Both regions take the same events',
  ],
  permissions: ({ mapping: { uuid, region } }) => [
    {
      actions: ['lambda:GetEventSourceMapping', 'lambda:UpdateEventSourceMapping'],
      resources: [`arn:\${AWS::Partition}:lambda:${region}:\${AWS::AccountId}:event-source-mapping:${uuid}`],
    },
  ],
  async prepare(context, { mapping, enabled }) {
    const refused = refuseProductionInDrill(context, mapping.region, `the mapping ${mapping.uuid}`);
    if (refused) return refused;
    const found = await readMapping(context, mapping);
    if (!found) {
      return refuse(
        `There is no event source mapping ${mapping.uuid} in ${mapping.region}.`,
        `Correct the uuid of "${mapping.id}" in the plan.`,
      );
    }
    const before = isOn(found);
    const what = `The event source mapping ${mapping.uuid} of ${found.FunctionArn ?? 'a function'} is ${found.State}.`;
    if (before === enabled && isSettled(found)) {
      return alreadyDone({ before }, { state: found.State ?? '' }, what);
    }
    return ready({ before }, what);
  },
  async act(context, { mapping, enabled }) {
    const found = await readMapping(context, mapping);
    if (found && isSettled(found) && isOn(found) !== enabled) await turn(context, mapping, enabled);
  },
  observe: (context, { mapping, enabled }) => bring(context, mapping, enabled),
  undo: (context, { mapping }, stored) => bring(context, mapping, baselineSchema.parse(stored).before),
});

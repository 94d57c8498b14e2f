import { GetParameterCommand, type Parameter, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import * as z from 'zod';
import { ifFound, isNamed, request } from '../../aws/aws-errors.ts';
import { StepFailedError } from '../../errors.ts';
import { ssmParameters } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Reason } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { alreadyDone, fail, finish, pending, ready } from '../outcomes.ts';

const parameters = z.object({
  parameters: ssmParameters,
  name: z.string().min(1).meta({ description: 'Which one: a name below the path of the component' }),
  value: z
    .string()
    .min(1)
    .max(4096)
    .meta({ description: 'What it holds afterwards, such as a region or an address; nothing secret' }),
});
type Given = z.output<typeof parameters>;

const baselineSchema = z.object({ previous: z.string() });

const fullName = ({ parameters: { path }, name }: Pick<Given, 'parameters' | 'name'>) => `${path}/${name}`;

/**
 * Writes a parameter that applications read, such as which region is active. What it held before is kept, and undo
 * writes it back unless somebody else has written since.
 */
export const action = defineAction({
  kind: 'ssm.put-parameter',
  summary: 'Writes a parameter of Systems Manager that applications read, such as the active region',
  parameters,
  components: { parameters: 'ssm-parameters' },
  outputs: { previous: 'What it held before', version: 'Its version now' },
  drill: 'isolated',
  mutates: true,
  typical: { minSeconds: 0.2, likelySeconds: 1, maxSeconds: 10, source: 'Two requests' },
  failureModes: [
    'Applications keep what they have read until they are restarted, or until their cache ends',
    'Parameter Store does not replicate: the other region keeps its own value',
    'Infrastructure code writes the old value back',
    'Two regions that both take themselves for the active one',
  ],
  contradictions: given =>
    given.parameters.names.includes(given.name) ? [] : [notNamed(given.parameters.id, given.name)],
  permissions: given => [
    {
      actions: ['ssm:GetParameter', 'ssm:PutParameter'],
      resources: [
        `arn:\${AWS::Partition}:ssm:${given.parameters.region}:\${AWS::AccountId}:parameter${fullName(given)}`,
      ],
    },
  ],

  async prepare(context, given) {
    const name = fullName(given);
    const { region } = given.parameters;
    const refused = refuseProductionInDrill(context, region, `the parameter ${name}`);
    if (refused) return refused;
    const found = await read(context, given);
    const reasons = reasonsAgainst(given, found);
    if (reasons.length > 0) return { status: 'refused', reasons, evidence: [] };
    const previous = found?.Value ?? '';
    if (previous === given.value) {
      const outputs = { previous, version: found?.Version ?? null };
      return alreadyDone({ previous }, outputs, `${name} in ${region} is "${previous}" already.`);
    }
    return ready({ previous }, `${name} in ${region} is "${previous}".`);
  },

  async act(context, given) {
    const found = await read(context, given);
    const [reason] = reasonsAgainst(given, found);
    if (reason) throw new StepFailedError(reason.what, { nextStep: reason.mend });
    if (found?.Value !== given.value) await write(context, given, given.value, found);
  },

  async observe(context, given, stored) {
    const { previous } = baselineSchema.parse(stored);
    const found = await read(context, given);
    const name = fullName(given);
    if (!found) return fail(`The parameter ${name} is gone.`, 'Make it again, then retry the step.');
    if (found.Value !== given.value) return pending(`${name} is still "${found.Value}".`);
    const outputs = { previous, version: found.Version ?? null };
    return finish(
      `${name} in ${given.parameters.region} is "${given.value}"; before it was "${previous}".`,
      outputs,
    );
  },

  async undo(context, given, stored) {
    const { previous } = baselineSchema.parse(stored);
    const found = await read(context, given);
    const name = fullName(given);
    if (found?.Value === previous) return finish(`${name} is "${previous}" again.`, { previous });
    if (found?.Value !== given.value) {
      return fail(
        `${name} is neither what this run wrote nor what was there before, so it is left alone.`,
        `Ask who wrote "${found?.Value ?? 'nothing'}" and why; "${previous}" was there before.`,
      );
    }
    await write(context, given, previous, found);
    return pending(`${name} goes back to "${previous}".`);
  },
});

async function read(context: ActionContext, given: Given): Promise<Parameter | undefined> {
  const { region } = given.parameters;
  const command = new GetParameterCommand({ Name: fullName(given) });
  return ifFound(['ParameterNotFound'], async () => {
    const reply = await request({ call: 'ssm.GetParameter', region }, () =>
      context.aws.client(SSMClient, region).send(command),
    );
    return reply.Parameter;
  });
}

async function write(
  context: ActionContext,
  given: Given,
  value: string,
  found: Parameter | undefined,
): Promise<void> {
  const { region } = given.parameters;
  const name = fullName(given);
  await context.changed({
    call: 'ssm.PutParameter',
    region,
    resource: name,
    what: `${name} from "${found?.Value ?? ''}" to "${value}".`,
  });
  const command = new PutParameterCommand({ Name: name, Value: value, Type: found?.Type, Overwrite: true });
  try {
    await request({ call: 'ssm.PutParameter', region }, () =>
      context.aws.client(SSMClient, region).send(command),
    );
  } catch (error) {
    // Somebody writes at the same moment; the next look asks again.
    if (!isNamed(error, 'TooManyUpdates')) throw error;
  }
}

function reasonsAgainst({ parameters: component, name }: Given, found: Parameter | undefined): Reason[] {
  if (!component.names.includes(name)) return [notNamed(component.id, name)];
  const place = `${component.path}/${name} in ${component.region}`;
  if (!found) {
    return [
      {
        what: `There is no parameter ${place}.`,
        mend: 'Make it with what it holds while all is well: a step that makes it would have nothing to go back to.',
      },
    ];
  }
  if (found.Type !== 'SecureString') return [];
  return [
    {
      what: `${place} is a SecureString, and its value would stand in the plan and in every report.`,
      mend: 'Keep secrets in Secrets Manager and write them with secrets.put-value; a region or an address is a String.',
    },
  ];
}

const notNamed = (id: string, name: string): Reason => ({
  what: `"${name}" is not among the names of ${id}`,
  mend: `Add "${name}" to the names of "${id}", or correct it.`,
});

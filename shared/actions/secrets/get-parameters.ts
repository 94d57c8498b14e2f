import {
  GetParametersByPathCommand,
  type GetParametersByPathCommandOutput,
  SSMClient,
} from '@aws-sdk/client-ssm';
import * as z from 'zod';
import { request } from '../../aws/aws-errors.ts';
import { ssmParameters } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Observation } from '../contract.ts';

const parameters = z.strictObject({ parameters: ssmParameters });
type Wanted = z.output<typeof parameters>['parameters'];

/** Checks that all parameters are there which an application reads at its start. No value is kept. */
export const action = defineAction({
  kind: 'secrets.get-parameters',
  summary: 'Checks that all expected parameters of Systems Manager are there and can be decrypted',
  parameters,
  components: { parameters: 'ssm-parameters' },
  outputs: { found: 'How many parameters there are below the path' },
  drill: 'same',
  mutates: false,
  typical: { minSeconds: 0.2, likelySeconds: 1, maxSeconds: 10, source: 'One request for ten parameters' },
  failureModes: [
    'A parameter was added in the primary region only: Parameter Store does not replicate',
    'The key of the recovery region can not decrypt them',
    'A parameter is there and empty',
  ],
  permissions: ({ parameters: { path, region } }) => [
    {
      actions: ['ssm:GetParametersByPath'],
      resources: [`arn:\${AWS::Partition}:ssm:${region}:\${AWS::AccountId}:parameter${path}`],
    },
  ],

  async prepare(context, { parameters: wanted }) {
    const seen = await look(context, wanted);
    if (seen.status === 'done') return { status: 'ready', baseline: {}, evidence: seen.evidence };
    const reasons = seen.status === 'failed' ? seen.reasons : [];
    return { status: 'refused', reasons, evidence: seen.status === 'failed' ? seen.evidence : [] };
  },

  observe: (context, { parameters: wanted }) => look(context, wanted),
});

async function look(context: ActionContext, wanted: Wanted): Promise<Observation> {
  const { path, names, region } = wanted;
  const filled = await filledNames(context, wanted);
  const missing = names.filter(name => !filled.has(`${path}/${name}`));
  const evidence = [{ what: `${filled.size} parameters below ${path} in ${region} have a value` }];
  if (missing.length > 0) {
    const what = `These parameters are missing or empty below ${path} in ${region}: ${missing.join(', ')}.`;
    const mend =
      'Write them from the infrastructure code or the exported copy; the application will not start without.';
    return { status: 'failed', reasons: [{ what, mend }], evidence };
  }
  return { status: 'done', outputs: { found: filled.size }, evidence };
}

/** Full names of those with a value; the values themselves go nowhere. */
async function filledNames(context: ActionContext, { path, region }: Wanted): Promise<Set<string>> {
  const client = context.aws.client(SSMClient, region);
  const names = new Set<string>();
  let token: string | undefined;
  do {
    const command = new GetParametersByPathCommand({
      Path: path,
      Recursive: true,
      WithDecryption: true,
      NextToken: token,
    });
    const page: GetParametersByPathCommandOutput = await request(
      { call: 'ssm.GetParametersByPath', region },
      () => client.send(command),
    );
    for (const { Name, Value } of page.Parameters ?? []) if (Name && Value) names.add(Name);
    token = page.NextToken;
  } while (token !== undefined);
  return names;
}

import { createHash } from 'node:crypto';
import { GetDocumentCommand, SSMClient } from '@aws-sdk/client-ssm';
import * as z from 'zod';
import {
  findAutomation,
  isEnded,
  isSuccess,
  readAutomation,
  startAutomation,
} from '../../aws/automations.ts';
import { isNamed, request } from '../../aws/aws-errors.ts';
import { shortHash } from '../../aws/names.ts';
import { ssmDocument } from '../../plan/components.ts';
import { withAssumption } from '../assumed-repair.ts';
import { type ActionContext, defineAction, type Permission } from '../contract.ts';
import { fail, finish, pending, ready, refuse } from '../outcomes.ts';

const parameters = z.object({
  document: ssmDocument,
  parameters: z
    .record(z.string(), z.union([z.string(), z.array(z.string())]))
    .default({})
    .meta({ description: 'Parameters of the runbook; a text is a list of one' }),
});
type Parameters = z.output<typeof parameters>;

const memorySchema = z.object({ token: z.string(), tagKey: z.string(), executionId: z.string().optional() });

/** A UUID made of a text: SSM takes nothing else for a client token. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const asLists = (given: Parameters['parameters']): Record<string, string[]> =>
  Object.fromEntries(Object.entries(given).map(([key, value]) => [key, [value].flat()]));

type Found = { type: string; status: string; declared: string[] } | undefined;

async function readDocument(
  context: ActionContext,
  { name, version, region }: Parameters['document'],
): Promise<Found> {
  try {
    const command = new GetDocumentCommand({ Name: name, DocumentVersion: version, DocumentFormat: 'JSON' });
    const reply = await request({ call: 'ssm.GetDocument', region }, () =>
      context.aws.client(SSMClient, region).send(command),
    );
    const content = z
      .object({ parameters: z.record(z.string(), z.unknown()).default({}) })
      .parse(JSON.parse(reply.Content ?? '{}'));
    return {
      type: reply.DocumentType ?? '',
      status: reply.Status ?? 'Active',
      declared: Object.keys(content.parameters),
    };
  } catch (error) {
    if (isNamed(error, 'InvalidDocument', 'InvalidDocumentVersion')) return undefined;
    throw error;
  }
}

function permissions({ document: { name, region, assumeRole } }: Parameters): Permission[] {
  const arn = (rest: string, account = '${AWS::AccountId}') =>
    `arn:\${AWS::Partition}:ssm:${region}:${account}:${rest}`;
  return [
    {
      actions: ['ssm:GetDocument'],
      resources: [arn(`document/${name}`, name.startsWith('AWS') ? '' : undefined)],
    },
    {
      actions: ['ssm:StartAutomationExecution'],
      resources: [
        arn(`automation-definition/${name}:*`, name.startsWith('AWS') ? '*' : undefined),
        arn('automation-execution/*'),
      ],
    },
    {
      actions: ['ssm:AddTagsToResource', 'ssm:GetAutomationExecution'],
      resources: [arn('automation-execution/*')],
    },
    {
      actions: ['ssm:DescribeAutomationExecutions'],
      resources: ['*'],
      reason: 'SSM has no resource-level permission for it',
    },
    ...(assumeRole
      ? [
          {
            actions: ['iam:PassRole'],
            resources: [assumeRole],
            conditions: { StringEquals: { 'iam:PassedToService': 'ssm.amazonaws.com' } },
          },
        ]
      : []),
  ];
}

/**
 * Runs an SSM Automation runbook to its end. It is started once, whatever becomes of the reply; success is the
 * execution's own end, and what the runbook was for should be checked by a step of its own.
 */
export const action = defineAction({
  kind: 'ssm.automation',
  summary: 'Runs an SSM Automation runbook and waits for its end',
  parameters,
  components: { document: 'ssm-document' },
  outputs: { executionId: 'Id of the execution', outputs: 'Outputs of the runbook, by name' },
  drill: 'prepare-only',
  mutates: true,
  traits: ['brings-data', 'own-code'],
  typical: {
    minSeconds: 10,
    likelySeconds: 180,
    maxSeconds: 1800,
    source: 'Depends on the runbook; give the step a timeout of its own',
  },
  failureModes: [
    'The runbook waits for an approval of its own',
    'Its role lacks a permission in the recovery region',
    'A step of it fails: it says which, and nothing is undone',
  ],
  permissions,
  async prepare(context, { document, parameters: given }) {
    const { name, version, region } = document;
    const found = await readDocument(context, document);
    const called = `${name}${version ? `, version ${version},` : ''}`;
    if (!found) {
      return refuse(
        `There is no document ${called} in ${region}.`,
        `Copy it to ${region}, or correct "${document.id}" in the plan: documents belong to one region.`,
      );
    }
    if (found.type !== 'Automation' || found.status !== 'Active') {
      return refuse(
        `The document ${called} is of type ${found.type} and ${found.status}, and only an active Automation runbook can be run.`,
        'Name an Automation runbook.',
      );
    }
    const unknown = Object.keys(given).filter(key => !found.declared.includes(key));
    if (unknown.length > 0) {
      return refuse(
        `The runbook ${name} has no parameter ${unknown.join(', ')}.`,
        `It has: ${found.declared.join(', ') || 'none'}.`,
      );
    }
    const occasion = `${context.run.id}/${context.step.id}/${context.clock.now().toISOString()}`;
    const tagKey = `lifeboat:step-${shortHash(occasion, 12)}`;
    return ready({ token: uuidOf(occasion), tagKey }, `The runbook ${called} is there.`);
  },
  async act(context, { document, parameters: given }, stored) {
    const { token, tagKey, executionId } = memorySchema.parse(stored);
    if (executionId || (await findAutomation(context, document.region, tagKey))) return;
    const id = await startAutomation(context, document, asLists(given), { token, tagKey });
    if (id) await context.remember({ executionId: id });
  },
  async observe(context, { document }, stored) {
    const { name, region } = document;
    const { tagKey, executionId } = memorySchema.parse(stored);
    const id = executionId ?? (await findAutomation(context, region, tagKey))?.AutomationExecutionId;
    if (!id) return pending(`The execution of ${name} is not shown yet.`);
    const found = await readAutomation(context, region, id);
    const status = found?.AutomationExecutionStatus;
    if (!isEnded(status)) {
      return pending(
        `${id} is ${status ?? 'not shown yet'}${found?.CurrentStepName ? ` in ${found.CurrentStepName}` : ''}.`,
      );
    }
    if (!isSuccess(status)) {
      return fail(
        `The runbook ${name} ended as ${status}: ${found?.FailureMessage ?? 'no reason given'}`,
        `Look at the execution ${id} in Systems Manager; mend the cause, then retry the step, which starts it anew.`,
      );
    }
    const outputs = {
      executionId: id,
      outputs: z.record(z.string(), z.array(z.string())).parse(found?.Outputs ?? {}),
    };
    return withAssumption(finish(`The runbook ${name} ended as ${status} (${id}).`, outputs), document);
  },
});

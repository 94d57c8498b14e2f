import {
  CreateSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { ActionContext, Permission } from '../actions/contract.ts';
import { ifFound, isNamed, request } from './aws-errors.ts';
import { shortHash } from './names.ts';
import { secretArn } from './secret-reference.ts';

/** Copies of secrets that a run is about to replace or delete: in Secrets Manager, encrypted, and nowhere else. */

const prefix = 'lifeboat/kept';

type Context = Pick<ActionContext, 'aws' | 'run' | 'step' | 'names'>;

/** Keeps a value under a name of this run and step. What was kept first stays: a later call sees the new value. */
export async function keepSecret(
  context: Context,
  region: string,
  name: string,
  value: string,
): Promise<string> {
  const full = nameOf(context, name);
  const client = context.aws.client(SecretsManagerClient, region);
  const command = new CreateSecretCommand({
    Name: full,
    Description: `Kept by run ${context.run.id}, step ${context.step.id}, before it was changed`,
    SecretString: value,
    ClientRequestToken: shortHash(`${context.run.id}/${full}`, 32),
    Tags: context.names.tags(),
  });
  try {
    await request({ call: 'secretsmanager.CreateSecret', region }, () => client.send(command));
  } catch (error) {
    if (!isNamed(error, 'ResourceExistsException')) throw error;
  }
  return full;
}

/** The kept value; undefined when nothing was kept under this name. */
export async function readKeptSecret(
  context: Context,
  region: string,
  name: string,
): Promise<string | undefined> {
  const client = context.aws.client(SecretsManagerClient, region);
  return ifFound(['ResourceNotFoundException'], async () => {
    const reply = await request({ call: 'secretsmanager.GetSecretValue', region }, () =>
      client.send(new GetSecretValueCommand({ SecretId: nameOf(context, name) })),
    );
    return reply.SecretString;
  });
}

export function keptSecretPermission(region: string): Permission {
  return {
    actions: ['secretsmanager:CreateSecret', 'secretsmanager:GetSecretValue', 'secretsmanager:TagResource'],
    resources: [secretArn(`${prefix}/*`, region)],
  };
}

function nameOf({ run, step }: Context, name: string): string {
  return `${prefix}/${run.id}/${step.id}/${name}`;
}

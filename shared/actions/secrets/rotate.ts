import {
  GetRandomPasswordCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { isNamed, request } from '../../aws/aws-errors.ts';
import { parseSecretValues } from '../../aws/secret-json.ts';
import { absent, beingDeleted, isReplica, missingKey, notJson } from '../../aws/secret-reasons.ts';
import { secretArn, secretReadPermission } from '../../aws/secret-reference.ts';
import { describeSecret, requestTokenOf, versionOf } from '../../aws/secret-rotation.ts';
import { type ComponentOf, secret } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Observation, type Reason } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { proofParameters, secretVersion, tryValue } from '../secret-proof.ts';

const parameters = z
  .strictObject({
    secret,
    generate: z.array(z.string()).min(1).optional().meta({
      description:
        'Keys that get new random values, such as a signing key; without it, its own rotation runs',
    }),
    length: z
      .number()
      .int()
      .min(16)
      .max(512)
      .default(48)
      .meta({ description: 'Characters of a new random value' }),
    ...proofParameters,
    oldFails: z.enum(['now', 'after-restart']).default('now').meta({
      description:
        'after-restart: consumers keep the old value until they are restarted; secrets.check-rotation proves the rest',
    }),
  })
  .refine(
    ({ database, request: sent, oldFails }) =>
      database !== undefined || sent !== undefined || oldFails === 'after-restart',
    'say how it shows that the new value works and the old one does not: database or request',
  );
type Parameters = z.output<typeof parameters>;
type Secret = ComponentOf<'secret'>;

const baselineSchema = z.object({ previousVersionId: z.string(), token: z.string() });

/**
 * Replaces what a secret holds. A new version proves nothing: done is when the new value works and the old one is
 * refused by whoever checks it. Values are never logged or kept.
 */
export const action = defineAction({
  kind: 'secrets.rotate',
  summary: 'Replaces a credential, and proves that the new one works and the old one does not',
  parameters,
  components: {
    secret: 'secret',
    database: [
      'rds-instance',
      'rds-restore-target',
      'rds-cluster',
      'rds-cluster-restore-target',
      'postgres-server',
      'mysql-server',
    ],
  },
  outputs: {
    versionId: 'Version that is current now',
    previousVersionId: 'Version that was current before, for secrets.check-rotation',
    oldFails: 'proven, or after-restart when that is checked later',
  },
  drill: 'isolated',
  mutates: true,
  typical: {
    minSeconds: 2,
    likelySeconds: 40,
    maxSeconds: 300,
    source: 'Experience: a rotation function takes 10 to 60 s, longer when it waits for a slow database',
  },
  failureModes: [
    'The secret has no rotation, or its function fails or is in the lost region',
    'Consumers keep the old value until they are restarted',
    'The old value still works: a second user, a cached login, an issuer that gives it a time to live',
    'The secret is a replica, which can only be read',
  ],
  permissions: ({ secret: { name, region }, generate, database }) => [
    {
      actions: [
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:UpdateSecretVersionStage',
        generate ? 'secretsmanager:PutSecretValue' : 'secretsmanager:RotateSecret',
      ],
      resources: [secretArn(name, region)],
    },
    ...(generate
      ? [
          {
            actions: ['secretsmanager:GetRandomPassword'],
            resources: ['*'],
            reason: 'GetRandomPassword has no resource: it makes a text and keeps nothing',
          },
        ]
      : []),
    ...(database ? [secretReadPermission(database.credentials, database.region)] : []),
  ],

  async prepare(context, wanted) {
    const { secret: target } = wanted;
    const inDrill = refuseProductionInDrill(context, target.region, `the secret ${target.name}`);
    if (inDrill) return inDrill;
    if (context.run.mode === 'drill' && !wanted.generate) {
      return { status: 'refused', reasons: [notInDrill(target)], evidence: [] };
    }
    const found = await look(context, wanted);
    if ('reasons' in found) return { status: 'refused', reasons: found.reasons, evidence: [] };
    const token = requestTokenOf(`${context.run.id}/${context.step.id}/${context.clock.now().toISOString()}`);
    const baseline = { previousVersionId: found.versionId, token };
    const what = `${target.name} is at version ${found.versionId}, which will be replaced`;
    return { status: 'ready', baseline, evidence: [{ what }] };
  },

  async act(context, wanted, baseline) {
    const { previousVersionId, token } = baselineSchema.parse(baseline);
    const described = await describeSecret(context, wanted.secret);
    if (!described || versionOf(described, 'AWSCURRENT') !== previousVersionId) return;
    await (wanted.generate ? putRandom(context, wanted, token) : rotate(context, wanted.secret, token));
  },

  async observe(context, wanted, baseline): Promise<Observation> {
    const { secret: target } = wanted;
    const { previousVersionId } = baselineSchema.parse(baseline);
    const described = await describeSecret(context, target);
    if (!described) return { status: 'failed', reasons: [absent(target)], evidence: [] };
    const versionId = versionOf(described, 'AWSCURRENT');
    if (versionId === undefined || versionId === previousVersionId) {
      return { status: 'pending', note: `${target.name} is still at version ${previousVersionId}` };
    }
    const outputs = {
      versionId,
      previousVersionId,
      oldFails: wanted.oldFails === 'now' ? 'proven' : wanted.oldFails,
    };
    const proven = await prove(context, wanted, versionId, previousVersionId);
    if (proven.status !== 'done') return proven;
    return { ...proven, outputs };
  },

  async undo(context, wanted, baseline): Promise<Observation> {
    const { secret: target, generate } = wanted;
    const { previousVersionId, token } = baselineSchema.parse(baseline);
    const described = await describeSecret(context, target);
    const current = described && versionOf(described, 'AWSCURRENT');
    const done = (what: string): Observation => ({ status: 'done', outputs: {}, evidence: [{ what }] });
    if (current === undefined || current === previousVersionId)
      return done(`${target.name} holds what it held before`);
    // Whoever issued the old value has forgotten it; going back to it would lock everybody out.
    if (!generate) return done(`${target.name} keeps its new value: the old one does not work any more`);
    if (current !== token) return done(`${target.name} was changed by somebody else, and is left as it is`);
    await move(context, target, current, previousVersionId);
    return { status: 'pending', note: `${target.name} goes back to version ${previousVersionId}` };
  },
});

async function look(
  context: ActionContext,
  { secret: target, generate }: Parameters,
): Promise<{ versionId: string } | { reasons: Reason[] }> {
  const described = await describeSecret(context, target);
  if (!described) return { reasons: [absent(target)] };
  if (described.DeletedDate !== undefined) return { reasons: [beingDeleted(target)] };
  const { PrimaryRegion: home } = described;
  if (home !== undefined && home !== target.region) return { reasons: [isReplica(target, home)] };
  if (!generate && described.RotationEnabled !== true) return { reasons: [noRotation(target)] };
  const versionId = versionOf(described, 'AWSCURRENT');
  const value = parseSecretValues(await secretVersion(context, target, { VersionStage: 'AWSCURRENT' }));
  if (versionId === undefined || (generate && !value)) return { reasons: [notJson(target)] };
  const unknown = (generate ?? []).filter(key => value?.[key] === undefined);
  return unknown.length > 0 ? { reasons: unknown.map(key => missingKey(target, key)) } : { versionId };
}

async function rotate(context: ActionContext, { name, region }: Secret, token: string): Promise<void> {
  const call = 'secretsmanager.RotateSecret';
  await context.changed({ call, region, resource: name, what: 'Rotation started' });
  const command = new RotateSecretCommand({
    SecretId: name,
    ClientRequestToken: token,
    RotateImmediately: true,
  });
  try {
    await request({ call, region }, () => context.aws.client(SecretsManagerClient, region).send(command));
  } catch (error) {
    // "A previous rotation isn't complete": it goes on by itself, and observe sees its end.
    if (!isNamed(error, 'InvalidRequestException')) throw error;
  }
}

async function putRandom(context: ActionContext, wanted: Parameters, token: string): Promise<void> {
  const {
    secret: { name, region },
    generate = [],
    length,
  } = wanted;
  const client = context.aws.client(SecretsManagerClient, region);
  const values =
    parseSecretValues(await secretVersion(context, wanted.secret, { VersionStage: 'AWSCURRENT' })) ?? {};
  for (const key of generate) {
    const reply = await request({ call: 'secretsmanager.GetRandomPassword', region }, () =>
      client.send(new GetRandomPasswordCommand({ PasswordLength: length, ExcludePunctuation: true })),
    );
    values[key] = reply.RandomPassword ?? null;
  }
  const call = 'secretsmanager.PutSecretValue';
  await context.changed({
    call,
    region,
    resource: name,
    what: `New random values for: ${generate.join(', ')}`,
  });
  const command = new PutSecretValueCommand({
    SecretId: name,
    SecretString: JSON.stringify(values),
    ClientRequestToken: token,
  });
  try {
    await request({ call, region }, () => client.send(command));
  } catch (error) {
    // An earlier call, whose reply was lost, has put another random value under this token: that one counts.
    if (!isNamed(error, 'ResourceExistsException')) throw error;
  }
}

async function prove(
  context: ActionContext,
  wanted: Parameters,
  versionId: string,
  previousVersionId: string,
): Promise<Observation> {
  const { secret: target, oldFails } = wanted;
  const name = `${target.name} (version ${versionId})`;
  if (!wanted.database && !wanted.request) {
    const what = `${name} is current; that the old value fails is checked after consumers were restarted`;
    return { status: 'done', outputs: {}, evidence: [{ what }] };
  }
  const fresh = await secretVersion(context, target, { VersionId: versionId });
  const current = fresh === undefined ? undefined : await tryValue(context, wanted, fresh);
  if (current?.is !== 'works') {
    return {
      status: 'pending',
      note: `the new value is not proven to work: ${current?.said ?? 'it can not be read'}`,
    };
  }
  if (oldFails === 'after-restart') {
    return {
      status: 'done',
      outputs: {},
      evidence: [{ what: `The new value of ${name} works: ${current.said}` }],
    };
  }
  const stale = await secretVersion(context, target, { VersionId: previousVersionId });
  if (stale === undefined) {
    return {
      status: 'pending',
      note: 'the old value can not be read, so nobody knows whether it still works',
    };
  }
  const old = await tryValue(context, wanted, stale);
  if (old.is !== 'refused')
    return { status: 'pending', note: `the old value is not proven to fail: ${old.said}` };
  const what = `The new value of ${name} works (${current.said}) and the old one does not (${old.said})`;
  return { status: 'done', outputs: {}, evidence: [{ what }] };
}

async function move(
  context: ActionContext,
  { name, region }: Secret,
  from: string,
  to: string,
): Promise<void> {
  const call = 'secretsmanager.UpdateSecretVersionStage';
  await context.changed({ call, region, resource: name, what: `Back to version ${to}` });
  const command = new UpdateSecretVersionStageCommand({
    SecretId: name,
    VersionStage: 'AWSCURRENT',
    MoveToVersionId: to,
    RemoveFromVersionId: from,
  });
  await request({ call, region }, () => context.aws.client(SecretsManagerClient, region).send(command));
}

function notInDrill({ name }: Secret): Reason {
  return {
    what: `This is a drill, and a rotation of ${name} can't be taken back afterwards.`,
    mend: 'Leave the step out of drills with `modes`; rotate on a schedule to know that it works.',
  };
}

function noRotation({ name, region }: Secret): Reason {
  return {
    what: `The secret ${name} in ${region} has no rotation of its own.`,
    mend: 'Set one up, give the keys that get random values under generate, or let the issuer make a new one (people.task) and write it with secrets.put-value.',
  };
}

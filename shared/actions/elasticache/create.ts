import { CreateReplicationGroupCommand, ElastiCacheClient } from '@aws-sdk/client-elasticache';
import * as z from 'zod';
import { isNamed, request } from '../../aws/aws-errors.ts';
import { elasticacheArn } from '../../aws/elasticache-arns.ts';
import { elasticacheDurations } from '../../aws/elasticache-durations.ts';
import {
  endpointOf,
  isOfThisRun,
  membersOf,
  readGroup,
  readSnapshot,
  subnetGroupExists,
} from '../../aws/elasticache-reader.ts';
import { removeGroup } from '../../aws/elasticache-removal.ts';
import { readKey } from '../../aws/kms-keys.ts';
import { grantsKey, readsKey } from '../../aws/kms-permissions.ts';
import { runTag } from '../../aws/names.ts';
import { InvalidInputError, RefusedError, ServiceUnavailableError } from '../../errors.ts';
import { redisCredentials } from '../../network/redis-credentials.ts';
import { openRedis, redisPermissions, writeWorks } from '../../network/redis-server.ts';
import { type ComponentOf, elasticacheTarget } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Reason } from '../contract.ts';

type Target = ComponentOf<'elasticache-target'>;

const parameters = z.strictObject({
  target: elasticacheTarget,
  snapshot: z.string().optional().describe('ElastiCache snapshot that it is filled from'),
});
const baselineSchema = z.object({ group: z.string(), snapshot: z.string().optional() });

/** A replication group's identifier has at most 40 characters (CreateReplicationGroup). */
const identifierLength = 40;
const visibleAfterSeconds = 300;

/**
 * Makes a cache with everything that ElastiCache would otherwise leave out: subnet group, security groups, TLS, AUTH,
 * replicas in other zones with automatic failover. Done means that a client can log in at its primary endpoint and
 * write. Its clients have to be repointed: the endpoint is an output.
 */
export const action = defineAction({
  kind: 'elasticache.create',
  summary: 'Makes an ElastiCache cache in the recovery region, empty or from a snapshot',
  parameters,
  components: { target: 'elasticache-target' },
  outputs: {
    group: 'identifier of the new replication group',
    endpoint: 'host name that follows its primary',
    port: 'its port',
  },
  drill: 'isolated',
  mutates: true,
  traits: ['makes-new'],
  typical: elasticacheDurations.create,
  failureModes: [
    'Subnet group, security group or parameter group missing in the region',
    'The node type is not offered there, or there is no capacity or quota for it',
    'The function has no route to the new cache, so that nobody can tell whether it works',
    'The AUTH token does not fit: 16 to 128 characters, and only with TLS',
  ],
  permissions: ({ target, snapshot }) => permissionsFor(target, snapshot),

  async prepare(context, { target, snapshot }) {
    const group = context.names.resource(target.identifier, identifierLength);
    const existing = await readGroup(context.aws, target.region, group);
    if (existing && !(await isOfThisRun(context.aws, target.region, existing.ARN ?? '', context.run.id))) {
      return { status: 'refused', reasons: [nameTaken(group, target.region)], evidence: [] };
    }
    const reasons = await reasonsAgainst(context, target, snapshot);
    if (reasons.length > 0) return { status: 'refused', reasons, evidence: [] };
    const filled = snapshot ? `filled from the snapshot ${snapshot}` : 'empty';
    const what = `${group} is to have ${target.nodes} nodes ${target.nodeType} in ${target.region}, ${filled}`;
    const alone =
      target.nodes > 1 ? [] : [{ what: `${group} has one node, so nothing takes over when it fails` }];
    return {
      status: 'ready',
      baseline: { group, ...(snapshot !== undefined && { snapshot }) },
      evidence: [{ what }, ...alone],
    };
  },

  async act(context, { target }, baseline) {
    const { group, snapshot } = baselineSchema.parse(baseline);
    if (await isUnderWay(context, target.region, group)) return;
    await context.changed({
      call: 'elasticache.CreateReplicationGroup',
      region: target.region,
      resource: group,
      what: `New cache with ${target.nodes} nodes${snapshot ? ` from the snapshot ${snapshot}` : ''}`,
    });
    const command = await requestFor(context, target, group, snapshot);
    try {
      await request({ call: 'elasticache.CreateReplicationGroup', region: target.region }, () =>
        context.aws.client(ElastiCacheClient, target.region).send(command),
      );
    } catch (error) {
      // An earlier request was carried out and its reply was lost.
      if (!isNamed(error, 'ReplicationGroupAlreadyExistsFault')) throw error;
      await isUnderWay(context, target.region, group);
    }
  },

  async observe(context, { target }, baseline) {
    const { group: id } = baselineSchema.parse(baseline);
    const group = await readGroup(context.aws, target.region, id);
    if (group === undefined) {
      if (context.elapsedSeconds < visibleAfterSeconds)
        return { status: 'pending', note: `${id} is not visible yet` };
      return { status: 'failed', reasons: [createFailed(id, target, 'never appeared')], evidence: [] };
    }
    if (group.Status === 'create-failed') {
      return { status: 'failed', reasons: [createFailed(id, target, 'is create-failed')], evidence: [] };
    }
    const endpoint = endpointOf(group);
    if (group.Status !== 'available' || endpoint === undefined) {
      return { status: 'pending', note: `${id} is ${group.Status}` };
    }
    try {
      const server = await openRedis(context, { ...target, ...endpoint });
      const role = (await server.info('replication')).get('role');
      const probe = await writeWorks(server, context.run.id);
      if (role !== 'master' || !probe.ok) {
        const why = probe.ok ? `it says that it is a ${role}` : probe.why;
        return { status: 'pending', note: `${id} is available, but ${why}` };
      }
    } catch (error) {
      if (!(error instanceof ServiceUnavailableError)) throw error;
      return { status: 'pending', note: `${id} is available, but ${error.message}` };
    }
    const outputs = { group: id, endpoint: endpoint.host, port: endpoint.port };
    const nodes = membersOf(group).length;
    const what = `${id} is available with ${nodes} nodes; its primary takes writes at ${endpoint.host}:${endpoint.port}`;
    return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
  },

  async undo(context, { target }, baseline) {
    return removeGroup(context, target.region, baselineSchema.parse(baseline).group);
  },
});

async function requestFor(
  context: ActionContext,
  target: Target,
  group: string,
  snapshot: string | undefined,
) {
  const several = target.nodes > 1;
  const token =
    target.credentials === undefined
      ? undefined
      : redisCredentials(await context.secret(target.credentials, target.region)).password;
  return new CreateReplicationGroupCommand({
    ReplicationGroupId: group,
    ReplicationGroupDescription: `Made by Lifeboat run ${context.run.id}`,
    Engine: target.engine,
    EngineVersion: target.engineVersion,
    CacheNodeType: target.nodeType,
    NumCacheClusters: target.nodes,
    AutomaticFailoverEnabled: several,
    MultiAZEnabled: several,
    CacheSubnetGroupName: target.subnetGroup,
    SecurityGroupIds: target.securityGroups,
    CacheParameterGroupName: target.parameterGroup,
    Port: target.port,
    TransitEncryptionEnabled: target.tls,
    AtRestEncryptionEnabled: true,
    KmsKeyId: target.kmsKey,
    SnapshotName: snapshot,
    SnapshotRetentionLimit: 1,
    Tags: context.names.tags(),
    ...(token !== undefined && { AuthToken: token }),
  });
}

/** Everything that is missing, all at once. */
async function reasonsAgainst(
  context: ActionContext,
  target: Target,
  snapshot: string | undefined,
): Promise<Reason[]> {
  const { region, subnetGroup, identifier } = target;
  const reasons: Reason[] = [];
  if (snapshot === undefined && !target.mayStartEmpty) {
    reasons.push({
      what: `${identifier} must not start empty, and no snapshot is named`,
      mend: 'Name a snapshot, or say mayStartEmpty in the component if applications can do without what was in it.',
    });
  }
  if (!(await subnetGroupExists(context.aws, region, subnetGroup))) {
    reasons.push({
      what: `The cache subnet group ${subnetGroup} does not exist in ${region}`,
      mend: "Make it over at least two zones of the recovery VPC, or name the right one in the plan's subnetGroup.",
    });
  }
  if (snapshot !== undefined) {
    const found = await readSnapshot(context.aws, region, snapshot);
    if (found?.SnapshotStatus !== 'available') {
      reasons.push({
        what: `The snapshot ${snapshot} in ${region} is ${found?.SnapshotStatus ?? 'not there'}`,
        mend: 'ElastiCache snapshots stay in their own region: export one to S3 and copy it, or start empty.',
      });
    }
  }
  if (target.kmsKey !== undefined) {
    const key = await readKey(context.aws, region, target.kmsKey);
    if (!key.usable) reasons.push(key.reason);
  }
  const login = await whyNoLogin(context, target);
  return login ? [...reasons, login] : reasons;
}

/** Why ElastiCache would not take the AUTH token. The token itself is in no text. */
async function whyNoLogin(
  context: ActionContext,
  { credentials, region, tls, identifier }: Target,
): Promise<Reason | undefined> {
  if (credentials === undefined) return undefined;
  const mend = `Put a token of 16 to 128 printable characters without @, " and / into the secret that ${identifier} names.`;
  if (!tls)
    return {
      what: `${identifier} has credentials and no TLS, and ElastiCache has AUTH only with TLS`,
      mend: 'Set tls: true.',
    };
  try {
    const { password, username } = redisCredentials(await context.secret(credentials, region));
    if (username !== undefined && username !== 'default') {
      return {
        what: `The secret of ${identifier} names the user "${username}", and a new cache has the user "default" only`,
        mend: 'Give it an AUTH token; user groups have to be attached by hand afterwards.',
      };
    }
    if (/^[^@"/\s]{16,128}$/.test(password)) return undefined;
    return { what: `The AUTH token of ${identifier} is not one that ElastiCache takes`, mend };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { what: error.message, mend };
  }
}

async function isUnderWay(context: ActionContext, region: string, id: string): Promise<boolean> {
  const existing = await readGroup(context.aws, region, id);
  if (existing === undefined) return false;
  if (await isOfThisRun(context.aws, region, existing.ARN ?? '', context.run.id)) return true;
  const reason = nameTaken(id, region);
  throw new RefusedError(reason.what, { nextStep: reason.mend, reasons: [reason.what] });
}

function permissionsFor(target: Target, snapshot: string | undefined) {
  const { region, identifier, subnetGroup, kmsKey } = target;
  const group = elasticacheArn('replicationgroup', region, `${identifier}-*`);
  const nodes = elasticacheArn('cluster', region, `${identifier}-*`);
  const tagged = { Null: { [`aws:RequestTag/${runTag}`]: 'false' } };
  return [
    {
      actions: ['elasticache:DescribeReplicationGroups', 'elasticache:ListTagsForResource'],
      resources: [group],
    },
    {
      actions: ['elasticache:DescribeCacheSubnetGroups'],
      resources: [elasticacheArn('subnetgroup', region, subnetGroup)],
    },
    ...(snapshot === undefined
      ? []
      : [
          {
            actions: ['elasticache:DescribeSnapshots'],
            resources: [elasticacheArn('snapshot', region, '*')],
          },
        ]),
    {
      actions: ['elasticache:CreateReplicationGroup', 'elasticache:AddTagsToResource'],
      resources: [group, nodes],
      conditions: tagged,
    },
    {
      actions: ['elasticache:CreateReplicationGroup'],
      resources: [
        elasticacheArn('subnetgroup', region, subnetGroup),
        elasticacheArn('parametergroup', region, target.parameterGroup ?? 'default.*'),
        ...(snapshot === undefined ? [] : [elasticacheArn('snapshot', region, '*')]),
      ],
      reason: 'What a new cache refers to',
    },
    {
      actions: ['elasticache:DeleteReplicationGroup'],
      resources: [group],
      conditions: { Null: { [`aws:ResourceTag/${runTag}`]: 'false' } },
    },
    {
      actions: ['elasticache:DeleteReplicationGroup', 'elasticache:CreateSnapshot'],
      resources: [elasticacheArn('snapshot', region, `${identifier}-*`)],
      reason: 'The final snapshot of what this run made',
    },
    ...(kmsKey === undefined ? [] : [readsKey(region, kmsKey), grantsKey('elasticache', region, kmsKey)]),
    ...redisPermissions(target),
  ];
}

function nameTaken(id: string, region: string): Reason {
  return {
    what: `The cache ${id} exists already in ${region} and was not made by this run (it lacks the tag ${runTag})`,
    mend: 'Find out what it is. Remove it if nothing uses it, or start a new run, which uses another name.',
  };
}

function createFailed(id: string, { region, nodeType }: Target, how: string): Reason {
  return {
    what: `The cache ${id} ${how} in ${region}`,
    mend: `Look at the events of ElastiCache there: often there is no capacity for ${nodeType} or the subnets have no free addresses. Delete it, choose another node type and retry.`,
  };
}

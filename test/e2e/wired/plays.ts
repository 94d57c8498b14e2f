import {
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { classesOnOffer } from '../contract/rds-world.ts';
import type { Place } from '../deployed/call-aws.ts';
import { clientOf } from '../deployed/clients.ts';
import type { Api } from '../servers/kubernetes-node.ts';
import type { Plays } from './aws-front.ts';
import type { StandbyCluster } from './standby-cluster.ts';

/** What moto lacks wherever a database is restored: it offers classes of Aurora and Neptune only. */
export const rdsPlays: Plays = {
  'rds.DescribeOrderableDBInstanceOptions': async () =>
    classesOnOffer['rds.DescribeOrderableDBInstanceOptions'],
};

type Standby = { moto: Place; targets: string; api: Api; cluster: StandbyCluster };

/** What moto 5.2.3 lacks for a recovery in Melbourne. Each line says what, and what the suite does instead. */
export function melbournePlays({ moto, targets, api, cluster }: Standby): Plays {
  const variables = new Map<string, unknown[]>();
  return {
    // moto's clusters are records; this one is a real API server.
    'eks.DescribeCluster': async ({ ask }) => {
      const said = JSON.parse(await ask());
      Object.assign(said.cluster, {
        endpoint: api.url,
        certificateAuthority: { data: Buffer.from(api.ca).toString('base64') },
      });
      return JSON.stringify(said);
    },
    // moto changes a node group at once and keeps no updates; its nodes join the real cluster.
    'eks.ListUpdates': async () => JSON.stringify({ updateIds: [] }),
    'eks.UpdateNodegroupConfig': async ({ ask, input }) => {
      const said = await ask();
      const { scalingConfig } = input as { scalingConfig?: { desiredSize?: number } };
      await cluster.grow(scalingConfig?.desiredSize ?? 0);
      return said;
    },
    // moto registers no pods; the load balancer controller does, those that are Ready.
    'elasticloadbalancing.DescribeTargetHealth': async ({ ask }) => {
      await registerPods(moto, targets, await cluster.readyPods('liquid-abt-app'));
      return ask();
    },
    // moto forgets the variables that a build was started with, by which Lifeboat knows its own, and writes times as text.
    'codebuild.StartBuild': async ({ ask, input }) => {
      const said = readTimes(await ask());
      const { environmentVariablesOverride } = input as { environmentVariablesOverride: unknown[] };
      variables.set(said.build.id, environmentVariablesOverride);
      return JSON.stringify(said);
    },
    'codebuild.BatchGetBuilds': async ({ ask }) => {
      const said = readTimes(await ask());
      for (const build of said.builds) build.environment.environmentVariables = variables.get(build.id);
      return JSON.stringify(said);
    },
  };
}

async function registerPods(moto: Place, arn: string, pods: number): Promise<void> {
  if (pods === 0) return;
  const Targets = Array.from({ length: pods }, (_, n) => ({ Id: `10.1.0.${10 + n}`, Port: 8080 }));
  await clientOf(ElasticLoadBalancingV2Client, moto).send(
    new RegisterTargetsCommand({ TargetGroupArn: arn, Targets }),
  );
}

/** Seconds since 1970, as the JSON protocols of AWS have times. */
const readTimes = (text: string) =>
  JSON.parse(text, (key, value) =>
    /Time$/.test(key) && typeof value === 'string' ? Date.parse(value) / 1000 : value,
  );

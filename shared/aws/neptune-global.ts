import {
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeGlobalClustersCommand,
  FailoverGlobalClusterCommand,
  NeptuneClient,
  SwitchoverGlobalClusterCommand,
} from '@aws-sdk/client-neptune';
import { type ComponentOf, neptuneCluster, neptuneGlobalCluster } from '../plan/components.ts';
import { ifFound, isUnreachable, request } from './aws-errors.ts';
import type { GlobalService } from './global-clusters.ts';
import { pages } from './pages.ts';
import { type ByRole, knockTimeoutMs, writerByRole } from './writer-by-role.ts';

/** Neptune global databases. Neither Gremlin nor openCypher is spoken here; see `writerByRole`. */

type Cluster = ComponentOf<'neptune-cluster'>;

export const globalParameters = {
  global: neptuneGlobalCluster,
  /** The cluster that is to write from now on, and the one that has done so. */
  to: neptuneCluster,
  from: neptuneCluster,
};

const byRole: ByRole<Cluster> = {
  name: 'Neptune',
  engine: 'neptune',
  readCluster: (aws, region, identifier) =>
    ifFound(['DBClusterNotFoundFault'], async () => {
      const command = new DescribeDBClustersCommand({ DBClusterIdentifier: identifier });
      const reply = await request({ call: 'rds.DescribeDBClusters', region }, () =>
        aws.client(NeptuneClient, region).send(command),
      );
      return reply.DBClusters?.[0];
    }),
  readInstances: (aws, region, cluster) =>
    pages(marker =>
      request({ call: 'rds.DescribeDBInstances', region }, () =>
        aws.client(NeptuneClient, region).send(
          new DescribeDBInstancesCommand({
            Filters: [{ Name: 'db-cluster-id', Values: [cluster] }],
            Marker: marker,
          }),
        ),
      ).then(reply => ({ items: reply.DBInstances, marker: reply.Marker })),
    ),
  async knock({ network }, _member, { host, port }) {
    const where = `${host}:${port}`;
    try {
      const url = `https://${where}/status`;
      const { status, body } = await network.http({ url, timeoutMs: knockTimeoutMs });
      const role = status === 200 ? roleIn(body) : undefined;
      if (role === 'writer') return { said: `${where} says that it is the writer` };
      if (role !== undefined) return { silent: `${where} says that it is a ${role}` };
      if (status === 401 || status === 403)
        return { said: `${where} answers, and tells its role to nobody without a signature` };
      return { silent: `${where} answers ${status} when it is asked for its status` };
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      return { silent: `${where} does not answer` };
    }
  },
};

/** The role that an instance gives itself. Source: Neptune User Guide, "Health Status". */
function roleIn(body: string): string | undefined {
  try {
    const { role } = JSON.parse(body) as { role?: unknown };
    return typeof role === 'string' ? role : undefined;
  } catch {
    return undefined;
  }
}

export const neptune: GlobalService<Cluster> = {
  family: 'neptune',
  name: 'Neptune',
  ...writerByRole(byRole),
  readGlobal: (aws, region, identifier) =>
    ifFound(['GlobalClusterNotFoundFault'], async () => {
      const command = new DescribeGlobalClustersCommand({ GlobalClusterIdentifier: identifier });
      const reply = await request({ call: 'rds.DescribeGlobalClusters', region }, () =>
        aws.client(NeptuneClient, region).send(command),
      );
      return reply.GlobalClusters?.[0];
    }),
  switchover: (aws, region, wanted) =>
    aws.client(NeptuneClient, region).send(new SwitchoverGlobalClusterCommand(wanted)),
  failover: (aws, region, wanted) =>
    aws
      .client(NeptuneClient, region)
      .send(new FailoverGlobalClusterCommand({ ...wanted, AllowDataLoss: true })),
  // Source: Neptune User Guide, "Monitoring your Amazon Neptune global database using CloudWatch metrics".
  lag: { namespace: 'AWS/Neptune', names: ['GlobalDbProgressLag'] },
};

import {
  DescribeDBClusterParametersCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeGlobalClustersCommand,
  DocDBClient,
  FailoverGlobalClusterCommand,
  SwitchoverGlobalClusterCommand,
} from '@aws-sdk/client-docdb';
import { type ComponentOf, docdbCluster, docdbGlobalCluster } from '../plan/components.ts';
import { ifFound, isUnreachable, request } from './aws-errors.ts';
import type { GlobalService } from './global-clusters.ts';
import { pages } from './pages.ts';
import { type ByRole, knockTimeoutMs, writerByRole } from './writer-by-role.ts';

/**
 * DocumentDB global clusters. Of MongoDB's protocol only the handshake is spoken, which tells the role and makes no write;
 * see `writerByRole`.
 */

type Cluster = ComponentOf<'docdb-cluster'>;

export const globalParameters = {
  global: docdbGlobalCluster,
  /** The cluster that is to write from now on, and the one that has done so. */
  to: docdbCluster,
  from: docdbCluster,
};

const byRole: ByRole<Cluster> = {
  name: 'DocumentDB',
  engine: 'docdb',
  readCluster: (aws, region, identifier) =>
    ifFound(['DBClusterNotFoundFault'], async () => {
      const command = new DescribeDBClustersCommand({ DBClusterIdentifier: identifier });
      const reply = await request({ call: 'rds.DescribeDBClusters', region }, () =>
        aws.client(DocDBClient, region).send(command),
      );
      return reply.DBClusters?.[0];
    }),
  readInstances: (aws, region, cluster) =>
    pages(marker =>
      request({ call: 'rds.DescribeDBInstances', region }, () =>
        aws.client(DocDBClient, region).send(
          new DescribeDBInstancesCommand({
            Filters: [{ Name: 'db-cluster-id', Values: [cluster] }],
            Marker: marker,
          }),
        ),
      ).then(reply => ({ items: reply.DBInstances, marker: reply.Marker })),
    ),
  async knock({ network }, { tls }, { host, port }) {
    const where = `${host}:${port}`;
    try {
      const { writes, certificateProblem } = await network.mongo({
        host,
        port,
        tls,
        timeoutMs: knockTimeoutMs,
      });
      const doubt = certificateProblem ? ` (its certificate is not accepted: ${certificateProblem})` : '';
      if (writes === true) return { said: `${where} says that it takes writes${doubt}` };
      return {
        silent: `${where} ${writes === false ? 'says that it takes no writes' : 'does not say whether it takes writes'}`,
      };
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      return { silent: `${where} does not answer` };
    }
  },
};

export const docdb: GlobalService<Cluster> = {
  family: 'docdb',
  name: 'DocumentDB',
  ...writerByRole(byRole),
  commitPause: {
    parameter: () => 'global_db_rpo',
    async read({ aws }, region, group, parameter) {
      const parameters = await pages(Marker =>
        request({ call: 'rds.DescribeDBClusterParameters', region }, () =>
          aws
            .client(DocDBClient, region)
            .send(new DescribeDBClusterParametersCommand({ DBClusterParameterGroupName: group, Marker })),
        ).then(reply => ({ items: reply.Parameters, marker: reply.Marker })),
      );
      return parameters.find(({ ParameterName }) => ParameterName === parameter)?.ParameterValue;
    },
  },
  readGlobal: (aws, region, identifier) =>
    ifFound(['GlobalClusterNotFoundFault'], async () => {
      const command = new DescribeGlobalClustersCommand({ GlobalClusterIdentifier: identifier });
      const reply = await request({ call: 'rds.DescribeGlobalClusters', region }, () =>
        aws.client(DocDBClient, region).send(command),
      );
      return reply.GlobalClusters?.[0];
    }),
  switchover: (aws, region, wanted) =>
    aws.client(DocDBClient, region).send(new SwitchoverGlobalClusterCommand(wanted)),
  failover: (aws, region, wanted) =>
    aws
      .client(DocDBClient, region)
      .send(new FailoverGlobalClusterCommand({ ...wanted, AllowDataLoss: true })),
  // Source: DocumentDB Developer Guide, "Monitoring an Amazon DocumentDB global cluster". Published where the secondary is.
  lag: { namespace: 'AWS/DocDB', names: ['GlobalClusterReplicationLag'] },
};

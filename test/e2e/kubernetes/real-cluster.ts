import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { inject } from 'vitest';
import { createKubernetes } from '../../../shared/aws/kubernetes.ts';
import { planWith } from '../../support/aws-world.ts';
import { bucketName, type ContractCase, type Rule, recovery } from '../contract/case.ts';
import type { Counterpart } from '../contract/contract.ts';
import { emulatedNetwork } from '../contract/emulated-network.ts';
import { type Played, playCase } from '../contract/play-case.ts';
import { startWire } from '../contract/wire.ts';
import { freshAccount } from '../contract/worlds.ts';
import { clusterName } from '../servers/kubernetes.ts';
import { type Api, callApi } from '../servers/kubernetes-node.ts';
import { lifeboatGroup } from '../servers/kubernetes-tokens.ts';

/**
 * A real Kubernetes API server, reached as an EKS cluster: DescribeCluster says where it is, and the token is the one
 * that EKS takes. Each case has a namespace of its own, and the rights that its kind's documentation asks for.
 */
export function realCluster(): Counterpart {
  const { kubernetes, moto } = inject('servers');
  return {
    name: 'a real cluster',
    up: kubernetes.up && moto.up,
    async start() {
      if (!kubernetes.up || !moto.up) throw new Error('the servers are not there');
      const wire = await startWire(moto.url);
      const { url, ca } = kubernetes;
      const certificateAuthority = { data: Buffer.from(ca).toString('base64') };
      const cluster = { name: clusterName, status: 'ACTIVE', endpoint: url, certificateAuthority };
      return {
        play(one) {
          wire.fill({ ...one.fills, 'eks.DescribeCluster': JSON.stringify({ cluster }) });
          return playThere(kubernetes, wire.url, one);
        },
        strangers: wire.strangers,
        stop: wire.stop,
      };
    },
  };
}

let namespaces = 0;

async function playThere(api: Api, awsUrl: string, one: ContractCase): Promise<Played> {
  process.env.AWS_ENDPOINT_URL = awsUrl;
  const aws = await freshAccount();
  const namespace = `case-${process.pid}-${namespaces++}`;
  await callApi(api, 'POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  const ids = { ...one.ids, namespace, ...(await one.given?.(aws)) };
  await one.cluster?.given?.(api, namespace);
  await allow(api, one.cluster?.rules ?? []);
  const reportBucket = bucketName('lifeboat-reports');
  await aws.client(S3Client, recovery).send(
    new CreateBucketCommand({
      Bucket: reportBucket,
      CreateBucketConfiguration: { LocationConstraint: recovery },
    }),
  );
  try {
    return await playCase(
      {
        plan: planWith(one.components(ids) as never),
        ids,
        aws,
        network: emulatedNetwork(aws, []),
        outageStartedAt: new Date(Date.now() - 600_000).toISOString(),
        nowMs: () => Date.now(),
        drive: work => work,
        wait: () => new Promise(resolve => setTimeout(resolve, 100)),
        looks: one.emulator?.status === 'pending' ? 5 : 300,
        kubernetes: createKubernetes({ aws, clock: { now: () => new Date() } }),
        readObject: async path => {
          const { status, body } = await callApi(api, 'GET', path);
          return status === 404 ? undefined : body;
        },
        reportBucket,
      },
      one,
    );
  } finally {
    await callApi(api, 'DELETE', `/api/v1/namespaces/${namespace}`);
  }
}

/** Binds Lifeboat's group to these rights and takes those of the case before away; cases run one after another. */
async function allow(api: Api, rules: Rule[]): Promise<void> {
  const [name, base] = [`${lifeboatGroup}-${process.pid}`, '/apis/rbac.authorization.k8s.io/v1'];
  for (const kind of ['clusterrolebindings', 'clusterroles']) {
    await callApi(api, 'DELETE', `${base}/${kind}/${name}`);
  }
  await callApi(api, 'POST', `${base}/clusterroles`, { metadata: { name }, rules });
  await callApi(api, 'POST', `${base}/clusterrolebindings`, {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: lifeboatGroup }],
  });
}

import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Certificate, makeAuthority } from './certificates.ts';
import { ensureProgram, findOnPath } from './debian.ts';
import { buildKubernetes } from './kubernetes-build.ts';
import { type Api, callApi, startNode } from './kubernetes-node.ts';
import { startTokenReview } from './kubernetes-tokens.ts';
import { freePort, type Server, startServer } from './process.ts';

export type KubernetesServer = Server & Api;

/** What the cluster is called in tokens; EKS refuses one that was made for another cluster. */
export const clusterName = 'shop-dr';

/**
 * A Kubernetes API server with its store, controllers and scheduler, as EKS runs them. It takes the tokens that EKS
 * takes. There is no container runtime, so a node of the suite's own says that the pods run.
 */
export async function startKubernetes(): Promise<KubernetesServer> {
  const program = buildKubernetes();
  const etcdProgram = ensureProgram(findOnPath('etcd'), ['etcd-server']);
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-e2e-kubernetes-'));
  const running: Server[] = [];
  const stop = async () => {
    for (const server of running.reverse()) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const keep = <S extends Server>(server: S): S => {
    running.push(server);
    return server;
  };
  try {
    const etcd = `http://127.0.0.1:${await freePort()}`;
    const peer = `http://127.0.0.1:${await freePort()}`;
    keep(
      await startServer('etcd', etcdProgram, etcdOptions(folder, etcd, peer), {
        ready: async () => (await fetch(`${etcd}/health`)).ok,
      }),
    );
    const review = keep(await startTokenReview(clusterName));
    const port = await freePort();
    const authority = makeAuthority(join(folder, 'ca'));
    const api: Api = { url: `https://127.0.0.1:${port}`, ca: authority.ca, token: 'admin-of-the-suite' };
    const names = ['IP:127.0.0.1', 'DNS:localhost', 'DNS:kubernetes', 'DNS:kubernetes.default.svc'];
    const certificate = authority.issue('kube-apiserver', names);
    const options = apiOptions({ folder, port, etcd, certificate, api, review: review.url });
    keep(
      await startServer('kube-apiserver', program, ['kube-apiserver', ...options], {
        ready: () => isReady(api),
      }),
    );
    const kubeconfig = writeKubeconfig(folder, api);
    for (const [name, extra] of Object.entries(followers(folder))) {
      const args = [name, '--kubeconfig', kubeconfig, '--leader-elect=false', '--secure-port=0', ...extra];
      keep(await startServer(name, program, args, { ready: async () => true }));
    }
    keep(await startNode(api, certificate));
    return { ...api, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const etcdOptions = (folder: string, client: string, peer: string) => [
  ...['--data-dir', join(folder, 'etcd'), '--unsafe-no-fsync'],
  ...['--listen-client-urls', client, '--advertise-client-urls', client],
  ...[
    '--listen-peer-urls',
    peer,
    '--initial-advertise-peer-urls',
    peer,
    '--initial-cluster',
    `default=${peer}`,
  ],
];

type ApiSettings = {
  folder: string;
  port: number;
  etcd: string;
  certificate: Certificate;
  api: Api;
  review: string;
};

function apiOptions({ folder, port, etcd, certificate, api, review }: ApiSettings): string[] {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const signing = file('service-accounts.key', privateKey.export({ type: 'sec1', format: 'pem' }).toString());
  const check = file('service-accounts.pub', publicKey.export({ type: 'spki', format: 'pem' }).toString());
  return [
    ...['--etcd-servers', etcd, '--bind-address=127.0.0.1', '--secure-port', String(port)],
    ...['--tls-cert-file', certificate.certFile, '--tls-private-key-file', certificate.keyFile],
    ...['--advertise-address=127.0.0.1', '--endpoint-reconciler-type=none'],
    ...['--service-cluster-ip-range=10.0.0.0/24', '--service-account-issuer=https://kubernetes.default.svc'],
    ...['--service-account-key-file', check, '--service-account-signing-key-file', signing],
    '--authorization-mode=RBAC',
    ...['--token-auth-file', file('tokens.csv', `${api.token},admin,1,system:masters\n`)],
    ...['--authentication-token-webhook-config-file', file('review.yml', kubeconfigOf(review))],
    ...['--authentication-token-webhook-version=v1', '--authentication-token-webhook-cache-ttl=1s'],
  ];
}

/** Nodes have no kubelet here, so nobody may take silence for a failure. */
const followers = (folder: string) => ({
  'kube-controller-manager': [
    '--controllers=*,-node-lifecycle-controller',
    ...['--service-account-private-key-file', join(folder, 'service-accounts.key')],
    '--horizontal-pod-autoscaler-sync-period=2s',
  ],
  'kube-scheduler': [],
});

function kubeconfigOf(server: string, ca?: string, token?: string): string {
  const data = ca === undefined ? '' : `, certificate-authority-data: ${Buffer.from(ca).toString('base64')}`;
  const user = token === undefined ? '{}' : `{token: ${token}}`;
  return `apiVersion: v1
kind: Config
clusters: [{name: here, cluster: {server: '${server}'${data}}}]
users: [{name: me, user: ${user}}]
contexts: [{name: here, context: {cluster: here, user: me}}]
current-context: here
`;
}

function writeKubeconfig(folder: string, { url, ca, token }: Api): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'kubeconfig');
  writeFileSync(path, kubeconfigOf(url, ca, token), { mode: 0o600 });
  return path;
}

async function isReady(api: Api): Promise<boolean> {
  return (await callApi(api, 'GET', '/readyz')).status === 200;
}

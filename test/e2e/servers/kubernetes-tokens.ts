import { createServer, type IncomingMessage } from 'node:http';
import { freePort, type Server } from './process.ts';

/** The group that the role of Lifeboat's functions has in the cluster, by its access entry. */
export const lifeboatGroup = 'lifeboat';

/**
 * Says who a bearer token is, as EKS does: it is a presigned GetCallerIdentity request for this cluster. EKS sends it to
 * STS, which nobody here can; so the form is checked, and the signature is not.
 */
export async function startTokenReview(cluster: string): Promise<Server & { url: string }> {
  const port = await freePort();
  const server = createServer((incoming, outgoing) => {
    void read(incoming).then(({ spec }) => {
      const problem = problemOf(spec?.token ?? '', cluster);
      const status = problem
        ? { authenticated: false, error: problem }
        : { authenticated: true, user: { username: 'lifeboat-function', groups: [lifeboatGroup] } };
      outgoing.writeHead(200, { 'content-type': 'application/json' });
      outgoing.end(JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', status }));
    });
  });
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${port}/`,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Why EKS would not take it. Source: aws-iam-authenticator, pkg/token. */
function problemOf(token: string, cluster: string): string | undefined {
  if (!token.startsWith('k8s-aws-v1.')) return 'it does not begin with k8s-aws-v1.';
  const url = new URL(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString('utf8'));
  const query = Object.fromEntries([...url.searchParams].map(([key, value]) => [key.toLowerCase(), value]));
  if (url.protocol !== 'https:' || !/^sts\.[a-z0-9-]+\.amazonaws\.com$/.test(url.hostname))
    return 'it is not for STS';
  if (query.action !== 'GetCallerIdentity') return `it asks for ${query.action}`;
  const signed = (query['x-amz-signedheaders'] ?? '').split(';');
  if (!signed.includes('x-k8s-aws-id') || !signed.includes('host'))
    return `no cluster is signed for ${cluster}`;
  if (!(Number(query['x-amz-expires']) <= 900)) return 'it lives too long';
  const made = (query['x-amz-date'] ?? '').replace(
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
    '$1-$2-$3T$4:$5:$6Z',
  );
  return Math.abs(Date.now() - Date.parse(made)) < 900_000 ? undefined : `it was made at ${made}`;
}

async function read(incoming: IncomingMessage): Promise<{ spec?: { token?: string } }> {
  let text = '';
  for await (const part of incoming) text += String(part);
  return JSON.parse(text) as { spec?: { token?: string } };
}

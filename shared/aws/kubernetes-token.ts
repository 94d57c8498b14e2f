import { Sha256 } from '@aws-crypto/sha256-js';
import { STSClient } from '@aws-sdk/client-sts';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsClients } from './clients.ts';

/** EKS takes a token for 15 minutes from its date on (aws-iam-authenticator); it is renewed well before. */
export const tokenLifeSeconds = 15 * 60;

/**
 * Makes a bearer token for an EKS cluster: a presigned STS GetCallerIdentity request, which the cluster sends to learn
 * who is calling. It is signed with the credentials of the STS client, so a rehearsal or an emulator brings its own.
 * Source: https://github.com/kubernetes-sigs/aws-iam-authenticator, "API Authorization from Outside a Cluster".
 */
export async function makeClusterToken(
  aws: AwsClients,
  cluster: string,
  region: string,
  now: Date,
): Promise<string> {
  const { credentials } = aws.client(STSClient, region).config;
  const signer = new SignatureV4({
    service: 'sts',
    region,
    credentials,
    sha256: Sha256,
    applyChecksum: false,
  });
  const hostname = `sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  const request = {
    method: 'GET',
    protocol: 'https:',
    hostname,
    path: '/',
    query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
    headers: { host: hostname, 'x-k8s-aws-id': cluster },
  };
  const signed = await signer.presign(request, { signingDate: now, expiresIn: 60 });
  const query = new URLSearchParams(signed.query as Record<string, string>);
  return `k8s-aws-v1.${Buffer.from(`https://${hostname}/?${query}`).toString('base64url')}`;
}

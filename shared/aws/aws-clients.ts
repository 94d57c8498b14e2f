import { ConfiguredRetryStrategy } from '@smithy/core/retry';
import type { AwsClients, ClientConstructor } from './clients.ts';

/** Static credentials; without them the SDK's own chain is used, which in Lambda is the function's role. */
export type Credentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

export type AwsClientOptions = {
  /** The region that may be lost: calls there get short time-outs and few attempts. */
  primary: string;
  /** The region that Lifeboat runs in, which is always waited for. */
  recovery?: string;
  credentials?: Credentials;
  /**
   * Address that stands in for AWS, such as an emulator's. Without it the SDK takes `AWS_ENDPOINT_URL` and its
   * per-service forms from the environment by itself.
   */
  endpoint?: string;
  /** Asks the SDK not to look for an endpoint in the environment or in shared configuration files. */
  ignoreConfiguredEndpoints?: boolean;
};

type Regions = { primary: string; recovery?: string };

/** How long is waited and how often is tried; times in milliseconds. */
export type Patience = { connectionTimeoutMs: number; requestTimeoutMs: number; attempts: number };

/** Nothing may be waited for in a region that is perhaps lost: two attempts, 12 s at the very worst. */
const impatient: Patience = { connectionTimeoutMs: 1_000, requestTimeoutMs: 5_000, attempts: 2 };
const patient: Patience = { connectionTimeoutMs: 3_000, requestTimeoutMs: 15_000, attempts: 4 };

/**
 * Where the control planes of AWS's global services are: Route 53's and CloudFront's, and Global Accelerator's. Whatever
 * is asked there has another way that does not need it. Source: "AWS Fault Isolation Boundaries", global services.
 */
const globalControlPlanes = ['us-east-1', 'us-west-2'];

/** How patient calls to a region are, given which region may be lost and which one Lifeboat runs in. */
export function patienceFor(region: string, { primary, recovery }: Regions): Patience {
  if (region === recovery) return patient;
  return region === primary || globalControlPlanes.includes(region) ? impatient : patient;
}

/**
 * Milliseconds before the given attempt (1 is the first retry). Without jitter, so that a rehearsal with the same
 * seed takes the same virtual time; one run makes few calls at once, so there is no herd to spread.
 */
export function backoffMs(attempt: number): number {
  return Math.min(5_000, 200 * 2 ** Math.max(0, attempt - 1));
}

/**
 * What every client is made with. Everything that the SDK would otherwise look up in the environment or in shared
 * configuration files is set here, so that a client behaves the same on a laptop, in Lambda and in a rehearsal.
 * The keys below `authSchemePreference` are read by some services' clients only; the others ignore them.
 */
export function clientSettings(region: string, options: AwsClientOptions) {
  const { connectionTimeoutMs, requestTimeoutMs, attempts } = patienceFor(region, options);
  return {
    region,
    retryStrategy: new ConfiguredRetryStrategy(attempts, backoffMs),
    retryMode: 'standard',
    maxAttempts: attempts,
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
    defaultsMode: 'standard' as const,
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    userAgentAppId: 'lifeboat',
    authSchemePreference: ['sigv4'],
    requestChecksumCalculation: 'WHEN_SUPPORTED' as const,
    responseChecksumValidation: 'WHEN_SUPPORTED' as const,
    sigv4aSigningRegionSet: [region],
    useArnRegion: false,
    disableS3ExpressSessionAuth: false,
    disableClockSkewCorrection: false,
    // DynamoDB's; its other modes need the account's number and find nothing that these do not.
    accountIdEndpointMode: 'disabled' as const,
    // SQS's; the address of a queue says which one is meant, and not where requests go.
    useQueueUrlAsEndpoint: false,
    ...(options.credentials && { credentials: options.credentials }),
    ...(options.endpoint !== undefined && { endpoint: options.endpoint }),
    ...(servesBucketsByPath(options) && { forcePathStyle: true }),
    ...(options.ignoreConfiguredEndpoints && { ignoreConfiguredEndpointUrls: true }),
  };
}

/** Emulators serve every bucket under one host name; the SDK finds their address, and not that it has to ask so. */
function servesBucketsByPath({ endpoint, ignoreConfiguredEndpoints }: AwsClientOptions): boolean {
  const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 } = process.env;
  const configured = !ignoreConfiguredEndpoints && Boolean(AWS_ENDPOINT_URL ?? AWS_ENDPOINT_URL_S3);
  return endpoint !== undefined || configured;
}

/** Makes AWS clients, one per service and region, and keeps them for the life of the process. */
export function createAwsClients(options: AwsClientOptions): AwsClients {
  const clients = new Map<string, Map<unknown, unknown>>();
  return {
    client<C extends { destroy(): void }>(Service: ClientConstructor<C>, region: string): C {
      const ofRegion = clients.get(region) ?? new Map<unknown, unknown>();
      clients.set(region, ofRegion);
      const known = ofRegion.get(Service);
      if (known instanceof Service) return known;
      const made = new Service(clientSettings(region, options));
      ofRegion.set(Service, made);
      return made;
    },
  };
}

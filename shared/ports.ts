import type { Json } from './json.ts';

/**
 * What Lifeboat reaches the world through, apart from AWS itself (`shared/aws/clients.ts`). Each port has one real
 * form (in `shared/aws` and `shared/network`) and one in the simulator; nothing else in `shared/` opens a connection.
 */

/** Where the time comes from. Lambda handlers use the system clock, a rehearsal its own. */
export type Clock = { now(): Date };

export type HttpRequest = {
  url: string;
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  headers?: Record<string, string>;
  body?: string;
  /** Host name or address to connect to instead of the URL's, with the URL's Host header and SNI kept. */
  connectTo?: string;
  timeoutMs: number;
};
export type HttpResponse = {
  status: number;
  headers: Record<string, string>;
  body: string;
  latencyMs: number;
};

export type TlsTarget = { host: string; port: number; serverName: string; timeoutMs: number };
export type TlsResult = {
  authorized: boolean;
  /** Why the chain or the name was not accepted, as node:tls says it. */
  authorizationError?: string;
  subject: string;
  validTo: string;
};

/** Where a server is that speaks MongoDB's protocol. */
export type MongoTarget = { host: string; port: number; tls: boolean; timeoutMs: number };
/** What such a server says of itself before anybody logs in. */
export type MongoHello = {
  /** Whether it takes writes; undefined where it does not say so. */
  writes: boolean | undefined;
  /** Why its certificate was not accepted, as node:tls says it. */
  certificateProblem?: string;
};

export type DnsQuery = {
  name: string;
  type: 'A' | 'AAAA' | 'CNAME';
  /** Address of the resolver to ask; `authoritative` asks the zone's own name servers. */
  resolver: string;
  timeoutMs: number;
};
export type DnsAnswer = { values: string[]; ttlSeconds: number };

/** Connections to PostgreSQL. `url` is a connection string that came from a secret; it is never logged. */
export type SqlConnection = {
  /** Runs one statement; a text with several is refused, so that it can't end a transaction that it was put into. */
  query(text: string): Promise<{ rows: Record<string, unknown>[] }>;
  end(): Promise<void>;
};
export type SqlOptions = { url: string; connectTimeoutMs: number; statementTimeoutMs: number };

/** Where a Redis server is, and how it is asked in. User and password came from a secret; they are never logged. */
export type RedisOptions = {
  host: string;
  port: number;
  tls: boolean;
  timeoutMs: number;
  username?: string;
  password?: string;
};

/** What the Kubernetes actions ask of an API server; `cluster` is the EKS cluster's name. */
export type KubernetesAccess = { cluster: string; region: string };
export type KubernetesRequest = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path with query, such as `/apis/apps/v1/namespaces/default/deployments/app`. */
  path: string;
  contentType?: string;
  body?: Json;
  /** Logs are text; without this an answer has to be JSON. The answer's body is then a string. */
  answer?: 'text';
};

/** One command in a running container, without a terminal. */
export type KubernetesExecRequest = {
  namespace: string;
  pod: string;
  container: string;
  /** Program and arguments; no shell is between, so nothing is expanded. */
  command: readonly string[];
  stdin?: string;
  timeoutMs: number;
};
/** What a command said and how it ended. Output beyond `mostExecBytes` is cut off, which `truncated` tells. */
export type KubernetesExecResult = { exitCode: number; stdout: string; stderr: string; truncated: boolean };
export type KubernetesExec = (
  access: KubernetesAccess,
  request: KubernetesExecRequest,
) => Promise<KubernetesExecResult>;

export type Network = {
  /** Rejects with ServiceUnavailableError when nothing answers within the time-out. */
  http(request: HttpRequest): Promise<HttpResponse>;
  tls(target: TlsTarget): Promise<TlsResult>;
  dns(query: DnsQuery): Promise<DnsAnswer>;
  /** Asks a server that speaks MongoDB's protocol whether it takes writes. Rejects as http does. */
  mongo(target: MongoTarget): Promise<MongoHello>;
  sql(options: SqlOptions): Promise<SqlConnection>;
  /** Sends one command, such as `['PING']`, and returns the reply as text; a reply with several parts as JSON. */
  redis(options: RedisOptions, command: readonly string[]): Promise<string>;
};

import type { TestProject } from 'vitest/node';
import { startKubernetes } from './servers/kubernetes.ts';
import type { Api } from './servers/kubernetes-node.ts';
import { installRic } from './servers/lambda-ric.ts';
import { startMariadbPair } from './servers/mariadb.ts';
import { startPostgresServer } from './servers/postgres.ts';
import type { Server } from './servers/process.ts';
import { installPython, startMiniStack, startMoto } from './servers/python.ts';
import { startRedisServer } from './servers/redis.ts';

/** Where a server is, or why it is not there. */
export type Found<T> = ({ up: true } & T) | { up: false; why: string };

export type Servers = {
  moto: Found<{ url: string }>;
  ministack: Found<{ url: string }>;
  postgres: Found<{ port: number; bin: string }>;
  kubernetes: Found<Api>;
  lambdaRuntime: Found<{ entry: string }>;
  mariadb: Found<{ primary: number; replica: number; ca: string }>;
  redis: Found<{ host: string; primary: number; replica: number; password: string }>;
};

declare module 'vitest' {
  export interface ProvidedContext {
    servers: Servers;
  }
}

/** Installs and starts every server of the suite; those that are not to be had are reported by `servers.e2e.ts`. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const running: Server[] = [];
  const keep = <S extends Server>(server: S): S => {
    running.push(server);
    return server;
  };
  const python = await attempt(async () => ({ installed: installPython() }));
  const needsPython = <T>(start: () => Promise<T>): (() => Promise<T>) =>
    python.up ? start : () => Promise.reject(new Error(python.why));
  const servers: Servers = {
    // Whoever names another emulator, or a sandbox, aims the contract at that.
    moto: process.env.AWS_ENDPOINT_URL
      ? { up: true, url: process.env.AWS_ENDPOINT_URL }
      : await attempt(needsPython(async () => ({ url: keep(await startMoto()).url }))),
    ministack: await attempt(needsPython(async () => ({ url: keep(await startMiniStack()).url }))),
    postgres: await attempt(async () => {
      const { port, bin } = keep(await startPostgresServer());
      return { port, bin };
    }),
    kubernetes: await attempt(async () => {
      const { url, ca, token } = keep(await startKubernetes());
      return { url, ca, token };
    }),
    lambdaRuntime: await attempt(async () => ({ entry: installRic() })),
    mariadb: await attempt(() => startMariadbPair(keep)),
    redis: await attempt(async () => {
      const primary = keep(await startRedisServer());
      const replica = keep(await startRedisServer(primary));
      return { host: primary.host, primary: primary.port, replica: replica.port, password: primary.password };
    }),
  };
  project.provide('servers', servers);
  return async () => {
    await Promise.all(running.map(server => server.stop()));
  };
}

async function attempt<T extends object>(start: () => Promise<T>): Promise<Found<T & object>> {
  try {
    const found = await start();
    return { up: true, ...(found as T & object) };
  } catch (error) {
    return { up: false, why: error instanceof Error ? error.message : String(error) };
  }
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { ensureProgram, findOnPath } from './debian.ts';
import { freePort, type Server, startServer } from './process.ts';

export type RedisServer = Server & { host: string; port: number; password: string };

/** A Redis server with a password (none if it is empty), as a replica of another one if it is given. */
export async function startRedisServer(replicaOf?: RedisServer, password = 'lifeboat'): Promise<RedisServer> {
  const program = ensureProgram(findOnPath('redis-server'), ['redis-server']);
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-e2e-redis-'));
  const args = [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
    ...(password ? ['--requirepass', password, '--masterauth', password] : []),
    ...(replicaOf ? ['--replicaof', replicaOf.host, String(replicaOf.port)] : []),
  ];
  const server = await startServer(`redis-${port}`, program, args, {
    ready: async () => {
      const client = new Redis({
        host: '127.0.0.1',
        port,
        ...(password && { password }),
        lazyConnect: true,
        maxRetriesPerRequest: 1,
      });
      client.on('error', () => {});
      try {
        await client.connect();
        return (await client.ping()) === 'PONG';
      } finally {
        client.disconnect();
      }
    },
  });
  return {
    host: '127.0.0.1',
    port,
    password,
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDns } from '../../../shared/network/dns.ts';
import { ensureProgram, findOnPath } from './debian.ts';
import { freePort, type Server, startServer } from './process.ts';

export type DnsServer = Server & { port: number };

/** Unbound, as the resolver of everybody and the name server of one zone: `shop.example`, with these records. */
export async function startDnsServer(records: readonly string[]): Promise<DnsServer> {
  const program = ensureProgram(findOnPath('unbound'), ['unbound']);
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-e2e-dns-'));
  const zone = [
    '$ORIGIN shop.example.',
    '@ 60 IN SOA ns admin 1 3600 600 86400 60',
    '@ 60 IN NS ns',
    'ns 60 IN A 127.0.0.1',
    ...records,
  ];
  writeFileSync(join(folder, 'zone'), `${zone.join('\n')}\n`);
  writeFileSync(join(folder, 'unbound.conf'), configuration(folder, port));
  const server = await startServer('unbound', program, ['-d', '-c', join(folder, 'unbound.conf')], {
    ready: async () => {
      const query = {
        name: 'ns.shop.example',
        type: 'A',
        resolver: `127.0.0.1:${port}`,
        timeoutMs: 500,
      } as const;
      return (await createDns()(query)).values.length > 0;
    },
  });
  return {
    port,
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const configuration = (folder: string, port: number) => `server:
  interface: 127.0.0.1
  port: ${port}
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: ""
  use-syslog: no
  module-config: "iterator"
  access-control: 127.0.0.0/8 allow
remote-control:
  control-enable: no
auth-zone:
  name: shop.example
  zonefile: "${folder}/zone"
  for-downstream: yes
  for-upstream: yes
`;

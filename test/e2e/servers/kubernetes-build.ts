import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { home, runToEnd } from './process.ts';

const source = join(import.meta.dirname, 'kubernetes');
const files = ['go.mod', 'go.sum', 'main.go'];

/**
 * Builds kube-apiserver, kube-controller-manager and kube-scheduler into one program from Go's module proxy, once per
 * version: about eight minutes on two cores. Kubernetes' own releases are not in any package registry.
 */
export function buildKubernetes(): string {
  const folder = join(home, 'kubernetes');
  const program = join(folder, 'kubernetes');
  const stamp = join(folder, 'built');
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(join(source, file)));
  const wanted = hash.digest('hex');
  if (existsSync(stamp) && existsSync(program) && readFileSync(stamp, 'utf8') === wanted) return program;
  mkdirSync(folder, { recursive: true });
  rmSync(stamp, { force: true });
  for (const file of files) cpSync(join(source, file), join(folder, file));
  const places = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/go/bin', '/usr/lib/go/bin'];
  const go = places.map(place => join(place, 'go')).find(existsSync);
  if (!go) throw new Error('Install Go 1.24 or later (Debian 12 has 1.19 only) and start the suite again.');
  process.stderr.write('Building a Kubernetes API server, once: about eight minutes on two cores.\n');
  runToEnd(go, ['build', '-ldflags=-s -w', '-o', program, '.'], {
    cwd: folder,
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod' },
    timeout: 30 * 60_000,
  });
  writeFileSync(stamp, wanted);
  return program;
}

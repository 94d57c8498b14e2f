import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answers, freePort, home, runToEnd, type Server, startServer } from './process.ts';

const venv = join(home, 'venv');
const requirements = join(import.meta.dirname, '../requirements.txt');

/** A program of the virtual environment, such as `cfn-lint`. */
export const pythonProgram = (name: string) => join(venv, 'bin', name);

/** Installs the pinned emulators into a virtual environment of this checkout, once per list of versions. */
export function installPython(): void {
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const stamp = join(venv, 'installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  mkdirSync(home, { recursive: true });
  runToEnd('python3', ['-m', 'venv', '--clear', venv]);
  runToEnd(pythonProgram('pip'), ['install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
  writeFileSync(stamp, wanted);
}

/** moto keeps the state of RDS, Route 53, EKS, S3, DynamoDB and others. `script` starts it instead of its command. */
export async function startMoto(
  environment: Record<string, string> = {},
  script = pythonProgram('moto_server'),
): Promise<Server & { url: string }> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = await startServer(
    'moto',
    pythonProgram('python'),
    [script, '-H', '127.0.0.1', '-p', String(port)],
    {
      env: {
        PATH: process.env.PATH ?? '',
        MOTO_ALLOW_NONEXISTENT_REGION: 'true',
        ...credentials,
        ...environment,
      },
      ready: () => answers(`${url}/moto-api/`),
    },
  );
  return { ...server, url };
}

/** MiniStack wires things together: rules to functions, state machines, alarms to topics, and runs Node functions. */
export async function startMiniStack(
  environment: Record<string, string> = {},
): Promise<Server & { url: string }> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = await startServer('ministack', pythonProgram('ministack'), [], {
    env: {
      PATH: process.env.PATH ?? '',
      HOME: home,
      GATEWAY_PORT: String(port),
      MINISTACK_HOST: '127.0.0.1',
      BIND_HOST: '127.0.0.1',
      IOT_MTLS_ENABLED: '0',
      ...credentials,
      ...environment,
    },
    ready: () => answers(`${url}/_ministack/health`),
  });
  return { ...server, url };
}

/** What emulators take for an account; none of it opens anything. */
export const credentials = {
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_EC2_METADATA_DISABLED: 'true',
};

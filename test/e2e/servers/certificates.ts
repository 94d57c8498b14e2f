import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureProgram, findOnPath } from './debian.ts';
import { runToEnd } from './process.ts';

export type Certificate = { cert: string; key: string; certFile: string; keyFile: string };
export type Authority = {
  /** PEM. */
  ca: string;
  caFile: string;
  /** A certificate for these names and addresses, valid between two times; a day around now without. */
  issue(name: string, alternatives: readonly string[], validity?: { from: Date; to: Date }): Certificate;
};

const hourMs = 3_600_000;
/** As openssl wants times: 20260310164200Z. */
const stamp = (at: Date) => at.toISOString().replaceAll(/[-:T]|\.\d+/g, '');

/** An authority of its own in a folder, made with the openssl command. */
export function makeAuthority(folder: string): Authority {
  const program = ensureProgram(findOnPath('openssl'), ['openssl']);
  mkdirSync(join(folder, 'issued'), { recursive: true });
  const openssl = (...args: string[]) => runToEnd(program, args, { cwd: folder });
  const caFile = join(folder, 'ca.pem');
  writeFileSync(join(folder, 'index.txt'), '');
  writeFileSync(join(folder, 'ca.cnf'), configuration);
  openssl(
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=lifeboat e2e', '-keyout', 'ca.key', '-out', 'ca.pem'],
  );
  return {
    ca: readFileSync(caFile, 'utf8'),
    caFile,
    issue(name, alternatives, validity = around(Date.now())) {
      const [keyFile, certFile] = ['key', 'pem'].map(end => join(folder, `${name}.${end}`)) as [
        string,
        string,
      ];
      openssl(
        ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`],
        ...['-keyout', keyFile, '-out', `${name}.csr`],
      );
      writeFileSync(join(folder, `${name}.ext`), `subjectAltName=${alternatives.join(',')}\n`);
      openssl(
        ...['ca', '-batch', '-config', 'ca.cnf', '-in', `${name}.csr`, '-out', certFile, '-notext'],
        ...['-startdate', stamp(validity.from), '-enddate', stamp(validity.to), '-extfile', `${name}.ext`],
      );
      return { certFile, keyFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
    },
  };
}

const around = (nowMs: number) => ({
  from: new Date(nowMs - 24 * hourMs),
  to: new Date(nowMs + 24 * hourMs),
});

const configuration = `[ca]
default_ca = here
[here]
dir = .
database = index.txt
new_certs_dir = issued
certificate = ca.pem
private_key = ca.key
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
`;

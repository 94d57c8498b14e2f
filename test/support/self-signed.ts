import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A certificate that is its own authority, made anew for each test run; no key is kept in a file. */
export type SelfSigned = { key: string; cert: string };

const oids = {
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
  commonName: [0x55, 0x04, 0x03],
  basicConstraints: [0x55, 0x1d, 0x13],
  subjectAltName: [0x55, 0x1d, 0x11],
};

/** For these DNS names, valid from yesterday on. Structure: RFC 5280, section 4.1. */
export function makeSelfSigned(dnsNames: readonly string[] = ['localhost'], days = 1): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(oid(oids.ecdsaWithSha256));
  const body = toBeSigned(publicKey, algorithm, dnsNames, days);
  const signature = sign('sha256', body, privateKey);
  const certificate = sequence(body, algorithm, bitString(signature));
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: pem(certificate) };
}

function toBeSigned(
  publicKey: KeyObject,
  algorithm: Buffer,
  dnsNames: readonly string[],
  days: number,
): Buffer {
  const name = sequence(set(sequence(oid(oids.commonName), utf8('localhost'))));
  const dayMs = 86_400_000;
  const validity = sequence(utcTime(Date.now() - dayMs), utcTime(Date.now() + days * dayMs));
  const authority = sequence(oid(oids.basicConstraints), octets(sequence(truth())));
  // [2] is dNSName in a GeneralName.
  const names = sequence(
    oid(oids.subjectAltName),
    octets(sequence(...dnsNames.map(each => tagged(0x82, Buffer.from(each))))),
  );
  return sequence(
    tagged(0xa0, integer([2])),
    integer([1]),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(authority, names)),
  );
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
const sequence = (...parts: Buffer[]) => tagged(0x30, Buffer.concat(parts));
const set = (...parts: Buffer[]) => tagged(0x31, Buffer.concat(parts));
const integer = (bytes: number[]) => tagged(0x02, Buffer.from(bytes));
const truth = () => tagged(0x01, Buffer.from([0xff]));
const oid = (bytes: number[]) => tagged(0x06, Buffer.from(bytes));
const utf8 = (text: string) => tagged(0x0c, Buffer.from(text));
const octets = (content: Buffer) => tagged(0x04, content);
const bitString = (content: Buffer) => tagged(0x03, Buffer.concat([Buffer.from([0]), content]));
const utcTime = (ms: number) =>
  tagged(0x17, Buffer.from(`${new Date(ms).toISOString().slice(2, 19).replaceAll(/[-:T]/g, '')}Z`));

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

import { crc64 } from '../../shared/backups/files/crc64.ts';

/** A dump of Redis with some short strings in it. */
export function redisDump(values: Record<string, string>): Buffer {
  const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
  const keys = Object.entries(values).flatMap(([key, value]) => [Buffer.from([0]), text(key), text(value)]);
  const body = Buffer.concat([
    Buffer.from('REDIS0011'),
    Buffer.from([0xfe, 0]),
    ...keys,
    Buffer.from([0xff]),
  ]);
  const checksum = Buffer.alloc(8);
  checksum.writeBigUInt64LE(crc64(body, 0n));
  return Buffer.concat([body, checksum]);
}

/** What a MySQL server says on the wire, for servers of the tests. */

/** A packet of the MySQL protocol: length in three bytes, number, payload. */
export function packet(number: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUIntLE(payload.length, 0, 3);
  head.writeUInt8(number, 3);
  return Buffer.concat([head, payload]);
}

export const errorPacket = (number: number, code: number, state: string, message: string) =>
  packet(
    number,
    Buffer.concat([Buffer.from([0xff, code & 0xff, code >> 8]), Buffer.from(`#${state}${message}`)]),
  );

/** The greeting of a MySQL 8 (Protocol::HandshakeV10), with or without TLS. */
export function greeting(tls: boolean): Buffer {
  const capabilities = 0x0008_0000 | 0x8000 | 0x0200 | 0x8 | (tls ? 0x800 : 0);
  const middle = Buffer.alloc(18);
  middle.writeUInt16LE(capabilities & 0xffff, 0);
  middle.writeUInt8(255, 2);
  middle.writeUInt16LE(capabilities >>> 16, 5);
  middle.writeUInt8(21, 7);
  return packet(
    0,
    Buffer.concat([
      Buffer.from('\x0a8.0.39\0'),
      Buffer.from([1, 0, 0, 0]),
      Buffer.from('12345678\0'),
      middle,
      Buffer.from('123456789012\0mysql_native_password\0'),
    ]),
  );
}

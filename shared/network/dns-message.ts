/**
 * The part of the DNS wire format (RFC 1035, section 4) that a check needs. node:dns is not enough for it: it gives
 * no TTL for a CNAME, can't tell an authoritative answer from a cached one, and always asks for recursion.
 */

const typeNumbers = { A: 1, NS: 2, CNAME: 5, AAAA: 28 } as const;
export type RecordType = keyof typeof typeNumbers;
const typeNames = new Map<number, RecordType>(
  Object.entries(typeNumbers).map(([name, number]) => [number, name as RecordType]),
);

export type DnsRecord = { name: string; type: RecordType; ttlSeconds: number; value: string };
export type DnsReply = {
  id: number;
  authoritative: boolean;
  truncated: boolean;
  /** 0 is success, 2 server failure, 3 no such name, 5 refused. */
  responseCode: number;
  answers: DnsRecord[];
};

/** A query for one name. `recursive` is off when a zone's own server is asked. */
export function encodeQuery(id: number, name: string, type: RecordType, recursive: boolean): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(recursive ? 0x0100 : 0, 2);
  header.writeUInt16BE(1, 4);
  const labels = name
    .replace(/\.$/, '')
    .split('.')
    .map(label => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'ascii')]));
  const end = Buffer.alloc(5);
  end.writeUInt16BE(typeNumbers[type], 1);
  end.writeUInt16BE(1, 3);
  return Buffer.concat([header, ...labels, end]);
}

/** Reads a reply. Throws RangeError for one that is cut short or points in circles. */
export function decodeReply(message: Buffer): DnsReply {
  const flags = message.readUInt16BE(2);
  let offset = 12;
  for (let left = message.readUInt16BE(4); left > 0; left--) offset = readName(message, offset).end + 4;
  const answers: DnsRecord[] = [];
  for (let left = message.readUInt16BE(6); left > 0; left--) {
    const { name, end } = readName(message, offset);
    const type = typeNames.get(message.readUInt16BE(end));
    const ttlSeconds = message.readUInt32BE(end + 4);
    const start = end + 10;
    offset = start + message.readUInt16BE(end + 8);
    if (offset > message.length) throw new RangeError('A record reaches beyond the end of the reply');
    if (type) answers.push({ name, type, ttlSeconds, value: readValue(message, type, start) });
  }
  return {
    id: message.readUInt16BE(0),
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    responseCode: flags & 0x000f,
    answers,
  };
}

function readValue(message: Buffer, type: RecordType, start: number): string {
  if (type === 'A') return [...message.subarray(start, start + 4)].join('.');
  if (type === 'AAAA') {
    const groups = Array.from({ length: 8 }, (_, n) => message.readUInt16BE(start + 2 * n).toString(16));
    return groups.join(':');
  }
  return readName(message, start).name;
}

/** A name, lower-case and without the last dot, and where the next field starts. Follows compression pointers. */
function readName(message: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let offset = start;
  let end: number | undefined;
  for (let jumps = 0; jumps < 64; ) {
    const length = message.readUInt8(offset);
    if (length === 0) return { name: labels.join('.').toLowerCase(), end: end ?? offset + 1 };
    if ((length & 0xc0) === 0xc0) {
      end ??= offset + 2;
      offset = message.readUInt16BE(offset) & 0x3fff;
      jumps += 1;
    } else {
      labels.push(message.toString('ascii', offset + 1, offset + 1 + length));
      offset += 1 + length;
    }
  }
  throw new RangeError('A name in the reply points to itself');
}

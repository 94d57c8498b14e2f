/**
 * The part of MongoDB's wire protocol that asks a server who it is: the handshake that every driver begins with, before
 * anybody logs in. It is the one request that all versions take in the old form, OP_QUERY. Sources: MongoDB Manual, "MongoDB
 * Wire Protocol" and "hello"; bsonspec.org.
 */

const opReply = 1;
const opQuery = 2004;
const headerBytes = 16;
/** Flags, cursor, first document, number of documents. */
const replyBytes = 20;
/** No handshake is answered with more than this. */
const mostBytes = 1_000_000;

/** `{ isMaster: 1, helloOk: true }` for the database admin. */
export function encodeHello(requestId: number): Buffer {
  const fields = Buffer.concat([
    element(0x10, 'isMaster', int32(1)),
    element(0x08, 'helloOk', Buffer.from([1])),
  ]);
  const document = Buffer.concat([int32(fields.length + 5), fields, Buffer.from([0])]);
  // A secondary answers too: SlaveOk. Nothing is skipped, and one document is wanted.
  const body = Buffer.concat([int32(4), cstring('admin.$cmd'), int32(0), int32(-1), document]);
  const length = int32(headerBytes + body.length);
  return Buffer.concat([length, int32(requestId), int32(0), int32(opQuery), body]);
}

/** Bytes of the message that begins here, once its length has come; undefined before. Throws RangeError for nonsense. */
export function messageLength(received: Buffer): number | undefined {
  if (received.length < 4) return undefined;
  const length = received.readInt32LE(0);
  if (length < headerBytes || length > mostBytes) throw new RangeError('it is not what MongoDB sends');
  return length;
}

/** Whether the server says that it takes writes; undefined where it does not say it. Throws RangeError for nonsense. */
export function decodeHello(message: Buffer): boolean | undefined {
  if (message.readInt32LE(12) !== opReply) throw new RangeError('it is no reply of MongoDB');
  const start = headerBytes + replyBytes;
  const end = start + message.readInt32LE(start);
  if (end > message.length) throw new RangeError('its document is longer than its message');
  let at = start + 4;
  let writes: boolean | undefined;
  while (at < end - 1) {
    const type = message.readUInt8(at);
    const stop = message.indexOf(0, at + 1);
    if (stop < 0) throw new RangeError('a name has no end');
    const name = message.toString('utf8', at + 1, stop);
    const value = stop + 1;
    if (type === 0x08 && (name === 'ismaster' || name === 'isWritablePrimary')) {
      writes = message.readUInt8(value) === 1;
    }
    at = value + valueBytes(message, type, value);
    if (at < value || at > end - 1) throw new RangeError(`the value of ${name} ends outside of its document`);
  }
  return writes;
}

/** How many bytes a value takes. Types: bsonspec.org. */
function valueBytes(message: Buffer, type: number, at: number): number {
  switch (type) {
    case 0x0a: // null
      return 0;
    case 0x08: // boolean
      return 1;
    case 0x10: // int32
      return 4;
    case 0x01: // double
    case 0x09: // date
    case 0x11: // timestamp
    case 0x12: // int64
      return 8;
    case 0x07: // object id
      return 12;
    case 0x13: // decimal128
      return 16;
    case 0x02: // string
      return 4 + message.readInt32LE(at);
    case 0x03: // document
    case 0x04: // array
      return message.readInt32LE(at);
    case 0x05: // binary
      return 5 + message.readInt32LE(at);
    default:
      throw new RangeError(`a value of type ${type} is not expected`);
  }
}

function element(type: number, name: string, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type]), cstring(name), value]);
}

const cstring = (text: string) => Buffer.from(`${text}\0`, 'utf8');

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

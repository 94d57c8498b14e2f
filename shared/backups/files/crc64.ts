/**
 * CRC-64 of Redis ("Jones": polynomial 0xad93d23594c935a9, reflected, from zero; Redis source, src/crc64.c). Kept as two
 * halves of 32 bits while it is computed, since numbers of 64 bits are slow.
 */
const polynomial = 0x95ac9329ac4bc9b5n;
const low = new Uint32Array(256);
const high = new Uint32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let crc = BigInt(byte);
  for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
  low[byte] = Number(crc & 0xffff_ffffn);
  high[byte] = Number(crc >> 32n);
}

/** The checksum of what was given before, `crc`, and these bytes. */
export function crc64(bytes: Uint8Array, crc: bigint): bigint {
  let lower = Number(crc & 0xffff_ffffn) | 0;
  let upper = Number(crc >> 32n) | 0;
  for (let at = 0; at < bytes.length; at++) {
    const index = (lower ^ (bytes[at] as number)) & 0xff;
    lower = ((lower >>> 8) | (upper << 24)) ^ (low[index] as number);
    upper = (upper >>> 8) ^ (high[index] as number);
  }
  return (BigInt(upper >>> 0) << 32n) | BigInt(lower >>> 0);
}

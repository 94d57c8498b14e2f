import { isIPv4, isIPv6 } from 'node:net';

/** Ranges wider than these would shut out whole countries, or everybody: /8 for IPv4, /32 for IPv6. */
const widest = { 4: 8, 6: 32 };

export type Cidr = { text: string; version: 4 | 6 };

/** A range in CIDR notation; a bare address is a range of one. Undefined for anything else, and for too wide a range. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', length, ...more] = text.split('/');
  const version = isIPv4(address) ? 4 : isIPv6(address) ? 6 : undefined;
  if (version === undefined || more.length > 0) return undefined;
  const bits = version === 4 ? 32 : 128;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const prefix = length === undefined ? bits : Number(length);
  if (prefix > bits || prefix < widest[version]) return undefined;
  return { text: `${address.toLowerCase()}/${prefix}`, version };
}

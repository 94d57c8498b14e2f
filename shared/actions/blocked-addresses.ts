import * as z from 'zod';
import { parseCidr } from '../network/cidr.ts';

/** Addresses that are to be kept out, in the form that AWS shows them. */
export const blockedAddresses = z
  .array(
    z
      .string()
      .refine(
        text => parseCidr(text) !== undefined,
        'an address or a range in CIDR notation, such as 203.0.113.7 or 203.0.113.0/24; at the widest /8, or /32 for IPv6',
      ),
  )
  .min(1)
  .max(50);

/** `203.0.113.7/32`, once for each. */
export function normalAddresses(addresses: readonly string[]): string[] {
  return [...new Set(addresses.flatMap(address => parseCidr(address)?.text ?? []))];
}

import { expiresTag, runTag, systemTag } from '../../aws/names.ts';
import { purposeTag, verificationPurpose } from '../names.ts';
import type { Target } from './steps.ts';

export type Tags = { Key: string; Value: string }[];

/** It is left over when it is still there so long after the restore should have ended. */
const spareSeconds = 6 * 3600;

/** Name of what a verification makes; RDS takes 63 characters, and the instance of a cluster has two more. */
export function throwAwayName(target: Target, verification: string): string {
  const longest = target.type === 'rds-cluster-restore-target' ? 60 : 62;
  const head = target.identifier.slice(0, longest - verification.length).replace(/-+$/, '');
  return `${head}-${verification}`;
}

export function tagsOf(system: string, verification: string, startedAt: string, withinSeconds: number): Tags {
  const expires = new Date(Date.parse(startedAt) + (withinSeconds + spareSeconds) * 1000).toISOString();
  return [
    { Key: runTag, Value: verification },
    { Key: systemTag, Value: system },
    { Key: purposeTag, Value: verificationPurpose },
    { Key: expiresTag, Value: expires },
  ];
}

/** Whether a verification made it: nothing else is ever deleted. */
export function isThrowAway(
  { TagList }: { TagList?: { Key?: string; Value?: string }[] },
  verification?: string,
): boolean {
  const value = (key: string) => TagList?.find(({ Key }) => Key === key)?.Value;
  if (value(purposeTag) !== verificationPurpose) return false;
  return verification === undefined || value(runTag) === verification;
}

import type { DBInstance } from '@aws-sdk/client-rds';
import { runTag } from './names.ts';

/** Whether this run made the instance. */
export function isOfRun(instance: DBInstance, runId: string): boolean {
  return instance.TagList?.some(tag => tag.Key === runTag && tag.Value === runId) ?? false;
}

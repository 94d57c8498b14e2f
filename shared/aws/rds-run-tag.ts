import type { DBInstance } from '@aws-sdk/client-rds';

/** The tag that says which run made a resource; nothing without it is ever changed or deleted. */
export const runTag = 'lifeboat:run';

/** Whether this run made the instance. */
export function isOfRun(instance: DBInstance, runId: string): boolean {
  return instance.TagList?.some(tag => tag.Key === runTag && tag.Value === runId) ?? false;
}

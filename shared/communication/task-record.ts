import * as z from 'zod';
import { shortHash } from '../aws/names.ts';
import { prefixes, taskKey } from '../incident/keys.ts';
import type { RecordStore } from '../incident/record-store.ts';
import { runSchema } from '../runbook/contract.ts';

/** What the plan's `followUps` have led to in one incident. Times are ISO-8601 UTC. */
export const taskSchema = z.object({
  id: z.string(),
  /** Its id in the plan. */
  followUp: z.string(),
  run: runSchema,
  title: z.string(),
  text: z.string(),
  /** People ids; empty for a message, which `tell` and `template` describe. */
  owners: z.array(z.string()),
  tell: z.string().optional(),
  template: z.string().optional(),
  setAt: z.string(),
  dueAt: z.string(),
  evidence: z.string().optional(),
  obligation: z.string().optional(),
  /** Whether somebody is called at its times even when nothing of this incident runs any more. */
  scheduled: z.boolean(),
  done: z
    .object({ by: z.string(), at: z.string(), evidence: z.string(), via: z.enum(['link', 'cli']) })
    .optional(),
});
export type Task = z.infer<typeof taskSchema>;

/** The same in every run of an incident: what is promised is promised once. */
export function taskId(incidentId: string, followUp: string): string {
  return `t${shortHash(`${incidentId}/${followUp}`, 12)}`;
}

/** All tasks of an incident, the first due first. */
export async function readTasks(store: RecordStore, incidentId: string): Promise<Task[]> {
  const { partition } = taskKey(incidentId, '');
  const stored = await store.query({ partition, sortPrefix: prefixes.task });
  const tasks = stored.map(({ data }) => taskSchema.parse(data));
  return tasks.sort((a, b) => (a.dueAt + a.id < b.dueAt + b.id ? -1 : 1));
}

import { taskKey } from '../incident/keys.ts';
import { toJson, updateRecord } from '../incident/update-record.ts';
import type { Runtime } from '../runtime.ts';
import { incidentOf } from './questions.ts';
import { type Task, taskSchema } from './task-record.ts';

/** A task by its id alone. */
export async function readTask(runtime: Runtime, id: string): Promise<Task | undefined> {
  const incidentId = await incidentOf(runtime.store, id);
  const stored = incidentId && (await runtime.store.get(taskKey(incidentId, id)));
  return stored ? taskSchema.parse(stored.data) : undefined;
}

/** Changes a task; `change` answers undefined to leave it. Returns what stands in the end. */
export async function changeTask(
  runtime: Runtime,
  incidentId: string,
  id: string,
  change: (task: Task) => Task | undefined,
): Promise<Task | undefined> {
  const data = await updateRecord(runtime.store, taskKey(incidentId, id), current => {
    const next = current && change(taskSchema.parse(current));
    return next && toJson(next);
  });
  return data && taskSchema.parse(data);
}

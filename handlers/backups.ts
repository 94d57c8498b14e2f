import { createKubernetes } from '../shared/aws/kubernetes.ts';
import { backupsEventSchema, handleBackups } from '../shared/backups/handle.ts';
import { pageFirstLevel } from '../shared/triage/page.ts';
import { parseInput } from './parse-input.ts';
import { loadRuntime, type RuntimeProvider } from './runtime.ts';
import { takeEvent } from './take-event.ts';

/** Makes and checks backups on schedule, and reminds people of what the calendar has for them. */
export function createBackupsHandler(runtime: RuntimeProvider) {
  return takeEvent(async (event: unknown) => {
    const ready = await runtime();
    return handleBackups(ready, parseInput(backupsEventSchema, event, 'backups'), pageFirstLevel(ready));
  });
}

export const handler = createBackupsHandler(loadRuntime({ kubernetes: createKubernetes }));

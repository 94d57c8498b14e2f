import * as z from 'zod';
import { communicate } from '../shared/communication/communicate.ts';
import type { TickReply } from '../shared/communication/tick.ts';
import { sendHttp } from '../shared/network/http.ts';
import { runSchema } from '../shared/runbook/contract.ts';
import { parseInput } from './parse-input.ts';
import { loadRuntime, type RuntimeProvider } from './runtime.ts';
import { takeEvent } from './take-event.ts';

const eventSchema = z.object({ run: runSchema });

/** Sends what is due in a run's incident and tells the communication machine when to come back. */
export function createCommunicateHandler(runtime: RuntimeProvider) {
  return takeEvent(async (event: unknown): Promise<TickReply> => {
    const { run } = parseInput(eventSchema, event, 'communicate');
    return communicate(await runtime(), run);
  });
}

export const handler = createCommunicateHandler(loadRuntime({ http: sendHttp }));

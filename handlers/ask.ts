import { type AskReply, ask, askEventSchema } from '../shared/communication/ask.ts';
import { sendHttp } from '../shared/network/http.ts';
import { parseInput } from './parse-input.ts';
import { loadRuntime, type RuntimeProvider } from './runtime.ts';
import { takeEvent } from './take-event.ts';

/** Puts a question to people for the ask machine, and closes it when its time is up. */
export function createAskHandler(runtime: RuntimeProvider) {
  return takeEvent(
    async (event: unknown): Promise<AskReply> =>
      ask(await runtime(), parseInput(askEventSchema, event, 'ask')),
  );
}

export const handler = createAskHandler(loadRuntime({ http: sendHttp }));

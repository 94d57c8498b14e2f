import middy from '@middy/core';
import { type AskReply, ask, askEventSchema } from '../shared/communication/ask.ts';
import { sendHttp } from '../shared/network/http.ts';
import { parseInput } from './parse-input.ts';
import { loadRuntime, type RuntimeProvider } from './runtime.ts';

/** Puts a question to people for the ask machine, and closes it when its time is up. */
export function createAskHandler(runtime: RuntimeProvider) {
  return middy(
    async (event: unknown): Promise<AskReply> =>
      ask(await runtime(), parseInput(askEventSchema, event, 'ask')),
  );
}

export const handler = createAskHandler(loadRuntime({ http: sendHttp }));

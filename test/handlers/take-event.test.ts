import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createDecideHandler } from '../../handlers/decide.ts';
import { takeEvent } from '../../handlers/take-event.ts';
import type { Runtime } from '../../shared/runtime.ts';

/** A call of Lambda that has this much time left. */
const context = (ms: number) => ({ getRemainingTimeInMillis: () => ms }) as never;
const later = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

describe('a handler that has no time left', () => {
  it('does not answer in place of Lambda, which ends its process with an error that the machines repeat', async () => {
    const handler = takeEvent(async () => {
      await later(60);
      return 'done';
    });
    await expect(handler({}, context(10))).resolves.toBe('done');
  });

  it('waits for the runtime of the decision page just so', async () => {
    const slow = () => later(60).then(() => Promise.reject<Runtime>(new Error('the runtime came at last')));
    const event = { requestContext: { http: { method: 'GET' } } };
    await expect(createDecideHandler(slow)(event, context(10))).rejects.toThrow('the runtime came at last');
  });

  it('is every one: none takes Middy with its own limits', () => {
    const files = readdirSync('handlers').filter(name =>
      readFileSync(`handlers/${name}`, 'utf8').includes('@middy'),
    );
    expect(files).toEqual(['take-event.ts']);
  });
});

import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Action } from '../../shared/actions/contract.ts';
import { listKinds } from '../../shared/actions/load-actions.ts';

const filesIn = (folder: string) => readdirSync(new URL(`../../${folder}`, import.meta.url));
const families = [...new Set(listKinds().map(kind => kind.slice(0, kind.indexOf('.'))))];
/** Not handlers, but what handlers are made of. */
const parts = [
  'embedded-postgres.ts',
  'parse-input.ts',
  'real-runtime.ts',
  'runtime.ts',
  'step-handler.ts',
  'take-event.ts',
];

type HandlerModule = {
  handler: unknown;
  load?: (name: string) => Promise<{ action: Action }>;
};
const moduleOf = (name: string): Promise<HandlerModule> => import(`../../handlers/${name}.ts`);

describe('handlers', () => {
  const names = filesIn('handlers')
    .filter(file => !parts.includes(file))
    .map(file => file.replace(/\.ts$/, ''));

  it.each(names)('%s exports a function that Lambda can call', async name => {
    expect((await moduleOf(name)).handler).toBeTypeOf('function');
  });

  it.each(families)('the family %s of actions has one', family => {
    expect(names).toContain(family);
  });

  it('that are named after no family load no actions', async () => {
    for (const name of names.filter(each => !families.includes(each))) {
      expect(await moduleOf(name)).not.toHaveProperty('load');
    }
  });
});

describe('the function of a family', () => {
  it.each(listKinds())('finds %s, under its own name', async kind => {
    const [family = '', name = ''] = kind.split('.');
    const { load } = await moduleOf(family);
    const action = (await load?.(name))?.action;
    expect(action?.kind).toBe(kind);
    expect(action?.parameters).toBeInstanceOf(z.ZodObject);
    expect(action?.mutates === true && action.act === undefined).toBe(false);
  });

  it.each(families)('%s rejects a kind that it does not have', async family => {
    const { load } = await moduleOf(family);
    await expect(load?.('no-such-kind')).rejects.toThrow();
  });
});

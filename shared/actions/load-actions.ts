import { readdirSync } from 'node:fs';
import { InvalidInputError } from '../errors.ts';
import type { Action } from './contract.ts';

/**
 * Kinds that exist, from the files: `shared/actions/<family>/<name>.ts` is the kind `<family>.<name>`. Only the
 * command line and the packaging look at the folder; a Lambda function knows its own family.
 */
export function listKinds(): string[] {
  const root = new URL('.', import.meta.url);
  return readdirSync(root, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .flatMap(family =>
      readdirSync(new URL(`${family.name}/`, root))
        .filter(file => file.endsWith('.ts'))
        .map(file => `${family.name}.${file.slice(0, -'.ts'.length)}`),
    )
    .sort();
}

/** Loads the actions of these kinds. Throws InvalidInputError for one that does not exist. */
export async function loadActions(kinds: Iterable<string>): Promise<Record<string, Action>> {
  const known = new Set(listKinds());
  const wanted = [...new Set(kinds)].sort();
  const missing = wanted.filter(kind => !known.has(kind));
  if (missing.length > 0) {
    throw new InvalidInputError(`There are no actions of the kinds: ${missing.join(', ')}`, {
      nextStep: `These exist: ${[...known].join(', ')}.`,
    });
  }
  const loaded = await Promise.all(wanted.map(async kind => [kind, await loadAction(kind)] as const));
  return Object.fromEntries(loaded);
}

const loaded = new Map<string, Promise<Action>>();

function loadAction(kind: string): Promise<Action> {
  const known = loaded.get(kind) ?? importAction(kind);
  loaded.set(kind, known);
  return known;
}

async function importAction(kind: string): Promise<Action> {
  const [family = '', name = ''] = kind.split('.');
  const module = (await import(`./${family}/${name}.ts`)) as { action: Action };
  return module.action;
}

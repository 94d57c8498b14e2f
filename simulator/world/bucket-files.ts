import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidInputError } from '../../shared/errors.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import { putObjectInto } from '../services/s3.ts';
import type { World } from './world.ts';

/** Files beside the plan that lie in its buckets, such as bundles of manifests. */
export function bucketFilesOf({ rehearsal: { files } }: Pick<Plan, 'rehearsal'>): string[] {
  return Object.values(files).flatMap(keys => Object.values(keys));
}

/** Puts them there. Throws InvalidInputError for a bucket that the plan has not, or a file that can't be read. */
export function arrangeFiles(world: World, planDirectory: string): void {
  for (const [id, keys] of Object.entries(world.plan.rehearsal.files)) {
    const bucket = world.plan.components[id];
    if (bucket?.type !== 's3-bucket') {
      throw new InvalidInputError(`"rehearsal.files" names "${id}", which is no s3-bucket of the plan`, {
        nextStep: 'Write the id of the component whose bucket holds the files.',
      });
    }
    for (const [key, file] of Object.entries(keys)) {
      const body = read(join(planDirectory, file));
      putObjectInto(world, bucket.name, key, { body, lastModified: new Date(world.nowMs() - 86_400_000) });
    }
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new InvalidInputError(`${path} can't be read`, {
      nextStep: 'Correct the path under `rehearsal.files`; it is relative to the folder of the plan.',
      cause,
    });
  }
}

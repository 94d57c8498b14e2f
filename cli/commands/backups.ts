import type { Arguments } from '../commands.ts';
import type { Io } from '../io.ts';
import { checkFiles } from './check-file.ts';

/** `lifeboat backups …`: checks one dump on disk, or the backups of a plan. Exit 0, 1 or 2. */
export async function backups({ values, positionals }: Arguments, io: Io): Promise<number> {
  const text = (value: Arguments['values'][string]) => (typeof value === 'string' ? value : undefined);
  const [first, ...others] = positionals;
  if (first === 'check-file') {
    return checkFiles(
      {
        files: others,
        format: text(values.format),
        manifest: text(values.manifest),
        json: values.json === true,
      },
      io,
    );
  }
  io.err('Which file? lifeboat backups check-file FILE…\n');
  return 2;
}

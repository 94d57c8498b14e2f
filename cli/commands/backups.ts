import type { Arguments } from '../commands.ts';
import type { Io } from '../io.ts';

/** `lifeboat backups …`: checks dumps on disk, or makes, checks and proves the backups of a plan. Exit 0, 1 or 2. */
export async function backups({ values, positionals }: Arguments, io: Io): Promise<number> {
  const text = (value: Arguments['values'][string]) => (typeof value === 'string' ? value : undefined);
  const list = (value: Arguments['values'][string]) => (Array.isArray(value) ? value : []);
  const [first, second, ...others] = positionals;
  const json = values.json === true;
  if (first === 'check-file') {
    const { checkFiles } = await import('./check-file.ts');
    const files = second === undefined ? [] : [second, ...others];
    return checkFiles({ files, format: text(values.format), manifest: text(values.manifest), json }, io);
  }
  if (first === undefined || second === undefined || others.length > 0) {
    io.err('lifeboat backups PLAN check|create|verify|coverage, or lifeboat backups check-file FILE…\n');
    return 2;
  }
  const { planBackups } = await import('./plan-backups.ts');
  return planBackups(
    {
      plan: first,
      operation: second,
      classes: list(values.class),
      point: text(values.point),
      by: text(values.by),
      seed: text(values.seed),
      faults: list(values.fault),
      live: values.live === true,
      json,
    },
    io,
  );
}

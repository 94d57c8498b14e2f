import { main } from '../../cli/lifeboat.ts';

export const planPath = 'plans/liquid-abt/plan.yml';

/** Runs a command as a process would, with what it writes collected. `looks`: how often a watch reads again. */
export async function lifeboat(argv: readonly string[], options: { colour?: boolean; looks?: number } = {}) {
  const written = { out: '', err: '', waited: [] as number[] };
  const code = await main(argv, {
    out: text => {
      written.out += text;
    },
    err: text => {
      written.err += text;
    },
    colour: options.colour ?? false,
    wait: async seconds => {
      written.waited.push(seconds);
      return written.waited.length <= (options.looks ?? 0);
    },
  });
  return { code, ...written };
}

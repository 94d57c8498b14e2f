import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { LifeboatError } from '../shared/errors.ts';
import { type Command, commands } from './commands.ts';
import { processIo } from './io.ts';
import { suggest } from './suggest.ts';

/** Entry of the `lifeboat` command: finds the command, parses its options, and returns its exit code. */
export async function main(argv: readonly string[], io = processIo()): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    io.out(usage());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-v') {
    io.out(`${version()}\n`);
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    io.err(`There is no command "${name}". ${suggest(name, Object.keys(commands), 'There are')}\n`);
    return 2;
  }
  const parsed = parseOptions(command, rest);
  if ('problem' in parsed) {
    io.err(`${parsed.problem}\n\nUsage: lifeboat ${name} ${command.usage}\n`);
    return 2;
  }
  if (parsed.values.help) {
    io.out(`${command.summary}\n\nUsage: lifeboat ${name} ${command.usage}\n${command.details ?? ''}`);
    return 0;
  }
  try {
    return await command.run(parsed, io);
  } catch (error) {
    // What Lifeboat refuses on purpose says what to do; a stack would only hide it. Anything else is a fault of ours.
    if (!(error instanceof LifeboatError)) throw error;
    io.err(`${error.message}\n${error.nextStep}\n`);
    return 2;
  }
}

function parseOptions(command: Command, args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { ...command.options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
      strict: true,
    });
    return { values: values as Record<string, string | boolean | string[] | undefined>, positionals };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function version(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}

function usage(): string {
  const width = Math.max(...Object.keys(commands).map(name => name.length));
  const lines = Object.entries(commands).map(
    ([name, command]) => `  ${name.padEnd(width)}  ${command.summary}`,
  );
  return `Lifeboat turns a disaster-recovery plan that people read into one that runs.\n\nUsage: lifeboat <command> …\n\n${lines.join('\n')}\n\nlifeboat <command> --help says more.\n`;
}

// Not when it is imported: by a test, or by cli/lifeboat.mjs, which is what `npx lifeboat` runs.
if (import.meta.main) process.exitCode = await main(process.argv.slice(2));

import { appDependencies } from '../world/dependencies.ts';
import type { World } from '../world/world.ts';

/** How a command ends: what the plan's rehearsal says of it, else what a small image with a shell would do. */
export type CommandEnd = { exitCode: number; output: string; error: string; seconds: number };

/** Seconds of a Job whose command the plan says nothing about. Experience: short maintenance scripts. */
const jobSeconds = { minSeconds: 5, likelySeconds: 20, maxSeconds: 90 };

/** What the pod knows that answers depend on. */
export type CommandPlace = { ready: boolean; databaseHost?: string };

/** Programs of a base image that end well whatever they are given. */
const harmless = /^(true|echo|printf|date|env|printenv|hostname|id|ls|cat|sleep|uptime|netstat|ss|ps)\b/;

export function endOfCommand(world: World, command: readonly string[], place: CommandPlace): CommandEnd {
  const text = command.join(' ');
  const rule = world.plan.rehearsal.exec.find(({ command: pattern }) => matchesWhole(pattern, text));
  if (rule) {
    const failed = rule.exitCode !== 0;
    return {
      exitCode: rule.exitCode,
      output: failed ? '' : rule.output,
      error: failed ? rule.output : '',
      seconds: rule.takes,
    };
  }
  // `sh -c …` is judged by its first program.
  const script = /^(?:\/bin\/)?(?:ba)?sh -[a-z]*c ([\s\S]*)$/.exec(text)?.[1] ?? text;
  const ends = (exitCode: number, output: string, error = ''): CommandEnd => ({
    exitCode,
    output,
    error,
    seconds: 1,
  });
  if (/^(echo|printf) /.test(script))
    return ends(0, `${script.replace(/^\w+ /, '').replaceAll(/['"]/g, '')}\n`);
  if (harmless.test(script)) return ends(0, '');
  if (/^(curl|wget)\b/.test(script)) {
    return place.ready ? ends(0, 'ok') : ends(22, '', 'The requested URL returned error: 503');
  }
  if (/^pg_isready\b/.test(script)) {
    const up =
      place.databaseHost === undefined || appDependencies(world).databaseAt(place.databaseHost) !== undefined;
    return up ? ends(0, 'accepting connections\n') : ends(2, 'no response\n');
  }
  const program = script.split(/\s/)[0] ?? '';
  return ends(127, '', `sh: ${program}: not found\n`);
}

/** A Job runs a program of its own image, so one that nobody described ends well after a while. */
export function endOfJob(world: World, command: readonly string[], key: string): CommandEnd {
  const text = command.join(' ');
  const told = world.plan.rehearsal.exec.some(({ command: pattern }) => matchesWhole(pattern, text));
  if (told) return endOfCommand(world, command, { ready: true });
  return {
    exitCode: 0,
    output: `${text || 'the entry point'} ended well\n`,
    error: '',
    seconds: world.duration(jobSeconds, `job/${key}`),
  };
}

function matchesWhole(pattern: string, text: string): boolean {
  return new RegExp(`^(?:${pattern})$`, 's').test(text);
}

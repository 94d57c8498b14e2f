/** Step Functions allows 80 characters in a state's name. */
const longest = 80;

/** Gives out state names: what is asked for, or the same with a number when it is taken. */
export type StateNames = { take(wanted: string): string };

/** Names are unique in a whole definition, parallel branches included; the console and the simulator rely on it. */
export function createStateNames(): StateNames {
  const taken = new Set<string>();
  return {
    take(wanted) {
      let name = cut(wanted, longest);
      for (let number = 2; taken.has(name); number++) {
        const suffix = ` (${number})`;
        name = `${cut(wanted, longest - suffix.length)}${suffix}`;
      }
      taken.add(name);
      return name;
    },
  };
}

function cut(text: string, length: number): string {
  const characters = [...text.replaceAll(/\s+/g, ' ').trim()];
  if (characters.length <= length) return characters.join('');
  return `${characters
    .slice(0, length - 1)
    .join('')
    .trimEnd()}…`;
}

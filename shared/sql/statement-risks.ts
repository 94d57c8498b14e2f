/** What a statement of a plan may not do, as words; undefined when it may be carried out. */

const ends = /^\s*(begin|start\s+transaction|commit|end|rollback|abort|prepare\s+transaction)\b/i;
const server = /^\s*(alter\s+system|create\s+database|drop\s+database|alter\s+database\s+\S+\s+rename)\b/i;
const removes = /\b(drop\s+(table|schema|owned|materialized\s+view|extension)|truncate)\b/i;

export type Risk = { what: string; mend: string };

/** `safetyCopy` names what was saved in this run, before anything is removed. */
export function riskOf(statement: string, safetyCopy: string | undefined): Risk | undefined {
  const plain = withoutTexts(statement);
  const short = statement.trim().slice(0, 80);
  if (ends.test(plain)) {
    return {
      what: `"${short}" would begin or end the transaction that all statements of the step share.`,
      mend: 'Leave it out: they are committed together, or not at all.',
    };
  }
  if (server.test(plain)) {
    return {
      what: `"${short}" changes the server and its databases, which sql.exec does not do.`,
      mend: 'Restore into a new database with sql.restore-dump and put it in place with sql.swap-database.',
    };
  }
  if (removes.test(plain) && !safetyCopy) {
    return {
      what: `"${short}" removes what may be the only copy.`,
      mend: 'Make a copy first (rds.create-snapshot, or a dump) and name it under safetyCopy, from the output of that step.',
    };
  }
  return undefined;
}

/** The statement without what stands in strings and comments, in which a word means nothing. */
function withoutTexts(statement: string): string {
  return statement
    .replaceAll(/'(?:[^']|'')*'/g, "''")
    .replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ')
    .trimStart();
}

import { readRefusals } from '../../shared/report/refusals.ts';
import { fullTime } from '../../shared/report/time.ts';
import type { OperationWork } from './operation-work.ts';

/**
 * `lifeboat refusals`: links and requests that were refused, in an incident and outside of one, and whether the ledgers
 * that say so are whole. Exit 0; 1 when a chain is broken.
 */
export async function showRefusals({ runtime, args, io }: OperationWork): Promise<number> {
  const found = await readRefusals(runtime);
  const broken = found.chains.filter(({ chain }) => !chain.ok);
  if (args.values.json === true) io.out(`${JSON.stringify(found)}\n`);
  else {
    if (found.refusals.length === 0) io.out('No link and no request was refused.\n');
    for (const { at, incident, what } of found.refusals)
      io.out(`${fullTime(at)}  ${incident ?? 'no incident'}  ${what}\n`);
    for (const { ledger, chain } of broken)
      if (!chain.ok) io.out(`The ledger ${ledger} was changed: ${chain.what}.\n`);
    if (broken.length === 0) io.out(`The chains of hashes of ${found.chains.length} ledgers hold.\n`);
  }
  return broken.length > 0 ? 1 : 0;
}

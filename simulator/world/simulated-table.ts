import { backoffMs, patienceFor } from '../../shared/aws/aws-clients.ts';
import { isThrottle, isUnreachable, request } from '../../shared/aws/aws-errors.ts';
import type { LedgerEntry } from '../../shared/incident/entries.ts';
import { prefixes } from '../../shared/incident/keys.ts';
import { entryOf } from '../../shared/incident/ledger.ts';
import type { RecordStore } from '../../shared/incident/record-store.ts';
import { type RecordOperation, wrapRecordStore } from '../../shared/incident/wrap-record-store.ts';
import { sleep } from './sleep.ts';
import type { World } from './world.ts';

/**
 * The table of a rehearsal: records are kept in memory, every call passes through the world as DynamoDB's would. It is
 * as patient as the SDK and fails with the errors of the DynamoDB store.
 */
export function simulatedTable(world: World, kept: RecordStore): RecordStore {
  const region = world.plan.regions.recovery;
  const { attempts } = patienceFor(region, world.plan.regions);
  return wrapRecordStore(kept, <T>(operation: RecordOperation, run: () => Promise<T>) => {
    // The DynamoDB store knows its own write again when the reply to it was lost: it is not made a second time.
    let made: Promise<T> | undefined;
    const once = () => {
      made ??= run();
      return made;
    };
    const input = { run: isWrite(operation) ? once : run };
    const call = { service: 'dynamodb', operation, region, input };
    return request({ call: `dynamodb.${operation}`, region }, () =>
      patiently(attempts, () => world.call(call) as Promise<T>),
    );
  });
}

/** The store with each ledger entry, and the ledger that it is of, shown to `onEntry` once it stands there. */
export function watchLedger(
  store: RecordStore,
  onEntry: (entry: LedgerEntry, ledger: string) => void,
): RecordStore {
  return {
    ...store,
    async put(key, data, condition) {
      const written = await store.put(key, data, condition);
      if (key.sort.startsWith(prefixes.ledger)) onEntry(entryOf(written), key.partition);
      return written;
    },
  };
}

function isWrite(operation: RecordOperation): boolean {
  return operation === 'PutItem' || operation === 'DeleteItem';
}

/** Tries again as the SDK's retry strategy does. */
async function patiently<T>(attempts: number, send: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      if (attempt >= attempts || !(isThrottle(error) || isUnreachable(error))) throw error;
      await sleep(backoffMs(attempt));
    }
  }
}

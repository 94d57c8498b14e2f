import type { RecordStore } from './record-store.ts';

/** DynamoDB's names of what a record store does, so that a rehearsal counts and breaks the same calls. */
export type RecordOperation = 'GetItem' | 'PutItem' | 'Query' | 'DeleteItem';

/** Runs the call, or fails before or after it. */
export type Intercept = <T>(operation: RecordOperation, run: () => Promise<T>) => Promise<T>;

/** A record store whose every call passes through `intercept`: counted, slowed down or broken by a rehearsal. */
export function wrapRecordStore(store: RecordStore, intercept: Intercept): RecordStore {
  return {
    get: key => intercept('GetItem', () => store.get(key)),
    put: (key, data, condition) => intercept('PutItem', () => store.put(key, data, condition)),
    query: query => intercept('Query', () => store.query(query)),
    delete: (key, condition) => intercept('DeleteItem', () => store.delete(key, condition)),
  };
}

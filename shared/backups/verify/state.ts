import { InvalidInputError } from '../../errors.ts';
import { prefixes, verificationKey } from '../../incident/keys.ts';
import { parseOnce } from '../../incident/parse-once.ts';
import { toJson, updateRecord } from '../../incident/update-record.ts';
import type { Runtime } from '../../runtime.ts';
import { type Verification, verificationSchema } from './record.ts';

const parse = parseOnce(verificationSchema);
type Port = Pick<Runtime, 'store' | 'plan'>;

/** Stores a new verification, or finds the one that an earlier attempt of the same execution stored. */
export async function openVerification(port: Port, wanted: Verification): Promise<Verification> {
  const key = verificationKey(port.plan.system.id, wanted.id);
  const data = await updateRecord(port.store, key, current => (current ? undefined : toJson(wanted)));
  return parse(data);
}

export async function readVerification(port: Port, id: string): Promise<Verification> {
  const stored = await port.store.get(verificationKey(port.plan.system.id, id));
  if (stored) return parse(stored.data);
  throw new InvalidInputError(`There is no verification ${id}`, {
    nextStep: 'Start it again; its record was never written.',
  });
}

export async function findVerification(port: Port, id: string): Promise<Verification | undefined> {
  const stored = await port.store.get(verificationKey(port.plan.system.id, id));
  return stored && parse(stored.data);
}

/** Changes a verification; what is undefined in `change` stays as it is. */
export async function updateVerification(
  port: Port,
  id: string,
  change: (current: Verification) => Partial<Verification>,
): Promise<Verification> {
  const key = verificationKey(port.plan.system.id, id);
  const data = await updateRecord(port.store, key, current => {
    const known = parse(current);
    return toJson({ ...known, ...change(known) });
  });
  return parse(data);
}

/** All of a system that are stored, oldest first. */
export async function listVerifications({ store, plan }: Port): Promise<Verification[]> {
  const { partition } = verificationKey(plan.system.id, 'x');
  const records = await store.query({ partition, sortPrefix: prefixes.verification });
  return records.map(({ data }) => parse(data));
}

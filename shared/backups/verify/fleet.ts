import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { request } from '../../aws/aws-errors.ts';
import { shortHash } from '../../aws/names.ts';
import { LifeboatError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { surveyFleet } from '../survey/rds.ts';
import { listInstances } from './instance.ts';
import { listVerifications } from './state.ts';

export type FleetWish = { backups?: string[]; point?: string; by: string; fleet?: string };
/** One execution of the verify machine. `name` is the same when the fleet is started again. */
export type FleetItem = { name: string; backup: string; of: string; point: string; by: string };

/** RDS's quota "DB instances"; 40 unless it was raised (RDS User Guide, "Quotas and constraints"). */
const instanceQuota = { service: 'rds', code: 'L-7B6409FD', usual: 40 };

/**
 * What is to be proven: each class that says how, and each database of a fleet. What the same fleet has proven already is
 * left out, so that a run which was interrupted goes on. The slowest come first where that is known: the end of the whole
 * is then not one long restore alone.
 */
export async function listFleet(runtime: Runtime, wish: FleetWish, execution: string, startedAt: string) {
  const { plan } = runtime;
  const fleet = wish.fleet ?? `${startedAt.slice(0, 10).replaceAll('-', '')}-${shortHash(execution, 6)}`;
  const by = `fleet ${fleet}, ${wish.by}`;
  const known = (await listVerifications(runtime)).filter(({ outcome }) => outcome === 'proven');
  const done = new Set(
    known.filter(one => one.by.startsWith(`fleet ${fleet},`)).map(({ backup, of = '' }) => `${backup}/${of}`),
  );
  const seconds = new Map(
    known.map(({ backup, of = '', rtoSeconds }) => [`${backup}/${of}`, rtoSeconds ?? 0]),
  );
  const ids = wish.backups ?? Object.keys(plan.backups);
  const items: FleetItem[] = [];
  let atOnce = 1;
  for (const id of ids) {
    const backup = plan.backups[id];
    if (!backup?.verify) continue;
    const databases =
      backup.type === 'rds-fleet' ? ((await surveyFleet(runtime, backup)).expected ?? []) : [''];
    const room = await roomIn(runtime, plan.components[backup.verify.into]?.region);
    atOnce = Math.max(
      atOnce,
      Math.min(room, backup.type === 'rds-fleet' ? backup.atOnce : databases.length + items.length),
    );
    for (const of of databases) {
      if (done.has(`${id}/${of}`)) continue;
      items.push({
        name: `${fleet}-${shortHash(`${id}/${of}`, 8)}`,
        backup: id,
        of,
        point: wish.point ?? '',
        by,
      });
    }
  }
  const slowness = ({ backup, of }: FleetItem) => seconds.get(`${backup}/${of}`) ?? 0;
  items.sort((a, b) => slowness(b) - slowness(a));
  return { items, atOnce, fleet };
}

/** How many more DB instances the account may have now in a region. */
async function roomIn(runtime: Runtime, region: string | undefined): Promise<number> {
  if (region === undefined) return 1;
  const quota = await readQuota(runtime, region);
  const there = (await listInstances(runtime, region)).length;
  return Math.max(1, quota - there);
}

/** The account's own quota; the usual one where it can't be read, since a wrong guess only makes restores wait. */
async function readQuota({ aws, log }: Runtime, region: string): Promise<number> {
  try {
    const reply = await request({ call: 'servicequotas.GetServiceQuota', region }, () =>
      aws
        .client(ServiceQuotasClient, region)
        .send(
          new GetServiceQuotaCommand({ ServiceCode: instanceQuota.service, QuotaCode: instanceQuota.code }),
        ),
    );
    return reply.Quota?.Value ?? instanceQuota.usual;
  } catch (error) {
    if (!(error instanceof LifeboatError)) throw error;
    log('warn', 'The quota of DB instances could not be read', { error: error.message });
    return instanceQuota.usual;
  }
}

/** How many of a fleet were proven, and how many were not. */
export async function sumFleet(runtime: Runtime, fleet: string) {
  const all = (await listVerifications(runtime)).filter(({ by }) => by.startsWith(`fleet ${fleet},`));
  const latest = new Map(all.map(one => [`${one.backup}/${one.of ?? ''}`, one.outcome]));
  const proven = [...latest.values()].filter(outcome => outcome === 'proven').length;
  const notProven = latest.size - proven;
  return {
    next: notProven === 0 && proven > 0 ? ('proven' as const) : ('not-proven' as const),
    proven,
    notProven,
  };
}

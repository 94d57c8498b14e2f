import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import type { AwsClients, ClientConstructor } from '../../shared/aws/clients.ts';
import { topicsOf } from '../../shared/deployment.ts';
import type { Entry, EntryOf, LedgerEntry } from '../../shared/incident/entries.ts';
import { openIncident } from '../../shared/incident/incident.ts';
import { appendEntry, readLedger } from '../../shared/incident/ledger.ts';
import { createMemoryRecordStore } from '../../shared/incident/memory-record-store.ts';
import { type Plan, planSchema } from '../../shared/plan/schema.ts';
import type { Mode, Run, Step } from '../../shared/runbook/contract.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { mockClient } from '../support/mock-client.ts';

export const outageStartedAt = '2026-03-10T16:42:00.000Z';
export const openedAt = '2026-03-10T16:47:00.000Z';

/** A plan with what communication looks at: two audiences and a regulator, four levels, people with roles. */
export function makePlan(change: (plan: Record<string, unknown>) => void = () => {}): Plan {
  const sns = (topic: string, protocol = 'email') => ({ type: 'sns', topic, protocol });
  const step = (id: string, action: string, title: string) => ({ id, do: action, title, onFailure: 'stop' });
  const plan = {
    lifeboat: 1,
    system: { id: 'shop', title: 'Shop', owner: 'Platform', version: '1', reviewed: '2026-01-01' },
    regions: { primary: 'ap-southeast-2', recovery: 'ap-southeast-4' },
    objectives: { rto: '4h', rpo: '1h' },
    severities: { critical: { title: 'Critical', updateEvery: '30m' } },
    components: {},
    people: {
      ada: { name: 'Ada Okafor', channel: 'on-call', drill: true },
      ben: { name: 'Ben Ruiz', roles: ['approver'], channel: 'lead-email' },
      cyd: { name: 'Cyd Lam', roles: ['approver'], channel: 'chief-sms' },
    },
    channels: {
      'on-call': sns('on-call'),
      'lead-email': sns('lead'),
      'chief-sms': sns('chief', 'sms'),
      engineers: sns('engineers'),
      'engineers-backup': sns('engineers-backup'),
      customers: sns('customers'),
      regulator: sns('regulator'),
    },
    audiences: {
      engineering: {
        title: 'Engineering',
        information: 'technical',
        channels: ['engineers', 'engineers-backup'],
        within: '5m',
        drill: true,
      },
      customers: { title: 'Customers', information: 'customer', channels: ['customers'], within: '30m' },
      regulator: { title: 'Regulator', information: 'regulator', channels: ['regulator'], within: '1h' },
    },
    escalation: [
      { after: '0m', title: 'Level 1', people: ['ada'] },
      { after: '15m', title: 'Level 2', people: ['ben'] },
      { after: '30m', title: 'Level 3', people: ['cyd'] },
    ],
    scenarios: {
      'region-failure': {
        title: 'Region failure',
        severity: 'critical',
        modes: ['recover', 'drill', 'dry-run'],
        audiences: ['engineering', 'customers', 'regulator'],
        phases: [
          {
            id: 'activate',
            title: 'Activate',
            stage: 'execute',
            steps: [step('restore', 'rds.restore', 'Restore')],
          },
          {
            id: 'verify',
            title: 'Verify',
            stage: 'verify',
            steps: [
              step('check-api', 'http.check', 'Check the API'),
              step('check-dns', 'dns.check', 'Check DNS'),
            ],
          },
        ],
      },
    },
  };
  change(plan);
  return planSchema.parse(plan);
}

export function makeRun(mode: Mode = 'recover'): Run {
  return {
    id: '20260310-3f9c1a',
    incidentId: 'shop-20260310t164700z',
    system: 'shop',
    scenario: 'region-failure',
    mode,
    startedAt: openedAt,
    outageStartedAt,
    parameters: {},
  };
}

export const restoreStep: Step = {
  id: 'restore',
  phase: 'activate',
  title: 'Restore the database',
  action: 'rds.restore',
  with: {},
  timeoutSeconds: 3600,
  onFailure: 'ask',
  modes: ['recover', 'drill'],
};

/** A ledger without its hashes, for pure functions that don't look at them. */
export function ledgerOf(...entries: [string, Entry][]): LedgerEntry[] {
  return entries.map(([at, entry], index) => ({ seq: index + 1, at, entry, previousHash: '', hash: '' }));
}

export const opened = (mode: Mode = 'recover'): [string, Entry] => [
  openedAt,
  {
    type: 'incident-opened',
    scenario: 'region-failure',
    severity: 'critical',
    mode,
    outageStartedAt,
    by: 'alarm',
  },
];

export function stepEntry(
  step: string,
  phase: string,
  status: EntryOf<'step'>['status'],
  what?: string,
): Entry {
  const evidence = what ? [{ what }] : undefined;
  return { type: 'step', run: makeRun().id, phase, step, action: 'x.y', status, attempt: 1, evidence };
}

export function messageEntry(
  key: string,
  status: 'sent' | 'failed' = 'sent',
  audience = 'engineering',
): Entry {
  return {
    type: 'message',
    key,
    audience,
    channel: 'engineers',
    template: 'initial',
    status,
    dueAt: openedAt,
  };
}

export const ended = (
  at: string,
  outcome: EntryOf<'run-ended'>['outcome'] = 'recovered',
): [string, Entry] => [
  at,
  {
    type: 'run-ended',
    run: makeRun().id,
    outcome,
    reasons: outcome === 'recovered' ? [] : [{ what: 'Nobody approved.', mend: 'Start again.' }],
  },
];

export type World = Awaited<ReturnType<typeof makeWorld>>;

/** A runtime on the in-memory store, with the SDK's SNS and Step Functions clients mocked. */
export async function makeWorld(options: { mode?: Mode; openedBy?: string; plan?: Plan } = {}) {
  const plan = options.plan ?? makePlan();
  const run = makeRun(options.mode);
  const clock = { time: new Date(openedAt), now: () => new Date(clock.time) };
  const sns = mockClient(SNSClient);
  const sfn = mockClient(SFNClient);
  const logs: string[] = [];
  const store = createMemoryRecordStore();
  const clients = new Map<unknown, { destroy(): void }>();
  const aws: AwsClients = {
    client<C extends { destroy(): void }>(Client: ClientConstructor<C>, region: string): C {
      const client = clients.get(Client) ?? new Client({ region } as never);
      clients.set(Client, client);
      return client as C;
    },
  };
  const refuse = () => Promise.reject(new Error('not used here'));
  const runtime: Runtime = {
    plan,
    settings: {
      tableName: 'lifeboat',
      runbookArns: {},
      topicArns: Object.fromEntries(
        topicsOf(plan).map(topic => [topic, `arn:aws:sns:ap-southeast-4:123456789012:${topic}`]),
      ),
      decisionUrl: 'https://abcdefghij.execute-api.ap-southeast-4.amazonaws.com/',
      linkSecretName: 'lifeboat/links',
    },
    clock,
    store,
    aws,
    network: { http: refuse, tls: refuse, dns: refuse, mongo: refuse, sql: refuse, redis: refuse },
    kubernetes: refuse,
    secret: async () => 'a secret of enough characters',
    log: (level, message) => logs.push(`${level}: ${message}`),
  };
  const incident = await openIncident(runtime, {
    scenario: run.scenario,
    mode: run.mode,
    outageStartedAt,
    openedAt,
    by: options.openedBy ?? 'alarm',
  });
  return {
    runtime,
    run: { ...run, incidentId: incident.id },
    sns,
    sfn,
    logs,
    clock,
    at: (iso: string) => {
      clock.time = new Date(iso);
    },
    append: (entry: Entry) => appendEntry(store, clock, incident.id, entry),
    entries: async <T extends Entry['type']>(type: T): Promise<EntryOf<T>[]> =>
      (await readLedger(store, incident.id))
        .map(({ entry }) => entry)
        .filter(entry => entry.type === type) as EntryOf<T>[],
    ledger: () => readLedger(store, incident.id),
  };
}

/** Minutes after the incident was opened. */
export function minute(minutes: number): string {
  return new Date(Date.parse(openedAt) + minutes * 60_000).toISOString();
}

import { createMemoryRecordStore } from '../../shared/incident/memory-record-store.ts';
import type { RecordStore } from '../../shared/incident/record-store.ts';
import type { HttpRequest, HttpResponse } from '../../shared/ports.ts';
import type { Runtime } from '../../shared/runtime.ts';
import type { Page, SendPage } from '../../shared/triage/page.ts';
import { plan } from './plan.ts';

const arn = (scenario: string) =>
  `arn:aws:states:ap-southeast-4:123456789012:stateMachine:liquid-abt-${scenario}`;

export type TestRuntime = Runtime & {
  /** Sets the clock. */
  at(time: string): void;
  pages: Page[];
  sendPage: SendPage;
};

/** A runtime with the real AWS clients (mocked at the SDK by the tests), a memory store and a clock that is set. */
export function createTestRuntime(
  options: { store?: RecordStore; http?: (request: HttpRequest) => Promise<HttpResponse> } = {},
): TestRuntime {
  let now = '2026-03-10T16:42:00.000Z';
  const pages: Page[] = [];
  const unused = () => Promise.reject(new Error('not used in this test'));
  return {
    plan,
    settings: {
      tableName: 'lifeboat',
      runbookArns: Object.fromEntries(Object.keys(plan.scenarios).map(id => [id, arn(id)])),
      topicArns: {
        'on-call': 'arn:aws:sns:ap-southeast-4:123456789012:on-call',
        managers: 'arn:aws:sns:ap-southeast-4:123456789012:managers',
      },
      decisionUrl: 'https://decide.example.com',
      linkSecretName: 'lifeboat/link',
    },
    clock: { now: () => new Date(now) },
    store: options.store ?? createMemoryRecordStore(),
    aws: {
      client: (Client, region) =>
        new Client({ region, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } } as never),
    },
    network: {
      http: options.http ?? unused,
      tls: unused,
      dns: unused,
      mongo: unused,
      sql: unused,
      redis: unused,
    },
    kubernetes: unused,
    secret: unused,
    log: () => undefined,
    at: time => {
      now = new Date(time).toISOString();
    },
    pages,
    sendPage: async page => {
      pages.push(page);
    },
  };
}

import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { clientOf } from './deployed/clients.ts';
import { type Bundle, emptyBundle, scratch, unpackBundles, variablesOf } from './runtime/bundles.ts';
import { measureColdInit } from './runtime/cold-init.ts';
import { processorSeconds, startEnvironment } from './runtime/execution-environment.ts';
import { startMoto } from './servers/python.ts';

const { lambdaRuntime, moto } = inject('servers');

describe.skipIf(!lambdaRuntime.up || !moto.up)(
  'handlers under the runtime interface client of Lambda',
  () => {
    const { root, remove } = scratch();
    let bundles: Bundle[] = [];
    const bundle = (name: string) => bundles.find(each => each.name === name) as Bundle;

    beforeAll(async () => {
      bundles = [...(await unpackBundles(root)), emptyBundle(root)];
    }, 600_000);
    afterAll(remove);

    test('every bundle of every plan starts, fails with the error of the contract, warm again, and rests', async () => {
      const found: Record<string, unknown> = {};
      for (const each of bundles.filter(({ name }) => name !== 'empty')) {
        const environment = await startEnvironment(
          each.folder,
          each.handler,
          variablesOf(each, 'http://127.0.0.1:9'),
        );
        try {
          const first = await environment.invoke({ nothing: 'known' });
          const second = await environment.invoke({ nothing: 'known' });
          const before = processorSeconds(environment.pid);
          await new Promise(resolve => setTimeout(resolve, 400));
          found[each.name] = {
            errors: [first, second].map(outcome =>
              outcome.kind === 'failed' ? outcome.errorType : outcome.kind,
            ),
            said: first.kind === 'failed' && first.errorMessage.length > 10 && first.trace.length > 0,
            // One request for an event is open, and nothing else goes on.
            asked: environment.asked(),
            rests: processorSeconds(environment.pid) - before < 0.1,
          };
        } finally {
          await environment.stop();
        }
      }
      const good = { errors: ['InvalidInputError', 'InvalidInputError'], said: true, asked: 3, rests: true };
      const names = Object.keys(found);
      expect(found).toEqual(Object.fromEntries(names.map(name => [name, good])));
      expect(names.length).toBeGreaterThan(30);
    }, 300_000);

    test('triage, step and approval handlers start within 1.5 times an empty handler and 100 ms', async () => {
      const measured = ['empty', 'triage', 'rds', 'route53', 'ask', 'decide'].map(bundle);
      const init = await measureColdInit(measured, variablesOf);
      const most = (init.find(({ name }) => name === 'empty')?.processorMs ?? 0) * 1.5 + 100;
      expect(init.filter(({ processorMs }) => processorMs > most)).toEqual([]);
    }, 120_000);

    describe('at the time limit', () => {
      let table: Awaited<ReturnType<typeof startMoto>>;
      let silent: http.Server;
      const event = {
        version: '0',
        id: 'f5a0c1de-0000-4000-8000-000000000000',
        'detail-type': 'CloudWatch Alarm State Change',
        source: 'aws.cloudwatch',
        account: '123456789012',
        time: '2026-03-10T16:43:20Z',
        region: 'ap-southeast-4',
        resources: [],
        detail: {
          alarmName: 'liquid-abt-database-connections',
          previousState: { value: 'ALARM', reason: 'r', timestamp: '2026-03-10T02:11:20.101+0000' },
          state: { value: 'OK', reason: 'r', timestamp: '2026-03-10T16:43:20.101+0000' },
          configuration: { description: '', metrics: [] },
        },
      };

      beforeAll(async () => {
        table = await startMoto();
        await clientOf(DynamoDBClient, { endpoint: table.url, region: 'ap-southeast-4' }).send(
          new CreateTableCommand({
            TableName: 'lifeboat-liquid-abt',
            BillingMode: 'PAY_PER_REQUEST',
            AttributeDefinitions: ['partition', 'sort'].map(AttributeName => ({
              AttributeName,
              AttributeType: 'S',
            })),
            KeySchema: [
              { AttributeName: 'partition', KeyType: 'HASH' },
              { AttributeName: 'sort', KeyType: 'RANGE' },
            ],
          }),
        );
        // Takes every request and answers none, as a service does that has lost its way.
        silent = http.createServer(() => {});
        await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve));
      });
      afterAll(async () => {
        silent?.closeAllConnections();
        silent?.close();
        await table?.stop();
      });

      test('a call that AWS does not answer ends with its process, and the next environment takes the event', async () => {
        const triage = (await unpackBundles(`${root}/liquid`, ['liquid-abt'])).find(
          ({ name }) => name === 'triage',
        ) as Bundle;
        const deaf = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
        const stuck = await startEnvironment(triage.folder, triage.handler, variablesOf(triage, deaf));
        expect(await stuck.invoke(event, 1_500)).toEqual({ kind: 'timed-out' });
        await stuck.stop();
        const next = await startEnvironment(triage.folder, triage.handler, variablesOf(triage, table.url));
        const outcome = await next.invoke(event);
        const again = await next.invoke(event);
        await next.stop();
        expect(outcome).toMatchObject({ kind: 'returned', payload: { decision: 'ignore' } });
        expect(again).toMatchObject({ kind: 'returned', payload: { decision: 'ignore' } });
      });
    });
  },
);

import * as z from 'zod';
import { secretArn, secretReadPermission } from '../../aws/secret-reference.ts';
import { secret } from '../../plan/components.ts';
import { defineAction } from '../contract.ts';
import { proofParameters, secretVersion, tryValue } from '../secret-proof.ts';

const parameters = z
  .strictObject({
    secret,
    previousVersionId: z
      .string()
      .min(1)
      .meta({ description: 'The leaked version, from the output of secrets.rotate' }),
    ...proofParameters,
  })
  .refine(
    ({ database, request }) => database !== undefined || request !== undefined,
    'either database or request',
  );

/** Proves, after consumers were restarted, that a replaced credential is dead and the new one is taken. */
export const action = defineAction({
  kind: 'secrets.check-rotation',
  summary: 'Checks that the current value of a secret works and that a replaced one is refused',
  parameters,
  components: {
    secret: 'secret',
    database: [
      'rds-instance',
      'rds-restore-target',
      'rds-cluster',
      'rds-cluster-restore-target',
      'postgres-server',
      'mysql-server',
    ],
  },
  outputs: { verdict: 'replaced: the new value works and the old one is refused' },
  drill: 'same',
  mutates: false,
  typical: {
    minSeconds: 0.2,
    likelySeconds: 2,
    maxSeconds: 300,
    source: 'Two logins; longer while old pods still run',
  },
  failureModes: [
    'A consumer was forgotten and still takes the old value',
    'The issuer lets the old value live for a while',
  ],
  permissions: ({ secret: { name, region }, database }) => [
    { actions: ['secretsmanager:GetSecretValue'], resources: [secretArn(name, region)] },
    ...(database ? [secretReadPermission(database.credentials, database.region)] : []),
  ],

  async prepare() {
    return { status: 'ready', baseline: {}, evidence: [] };
  },

  async observe(context, wanted) {
    const { secret: target, previousVersionId } = wanted;
    const [fresh, stale] = await Promise.all([
      secretVersion(context, target, { VersionStage: 'AWSCURRENT' }),
      secretVersion(context, target, { VersionId: previousVersionId }),
    ]);
    if (fresh === undefined || stale === undefined) {
      const what = `${fresh === undefined ? 'The current' : 'The old'} value of ${target.name} can not be read, so nothing is proven.`;
      const mend =
        'Secrets Manager removes versions without a label: try the old value by hand, if somebody has it.';
      return { status: 'failed', reasons: [{ what, mend }], evidence: [] };
    }
    if (fresh === stale) {
      const what = `${target.name} holds the old value again.`;
      return {
        status: 'failed',
        reasons: [{ what, mend: 'Rotate it once more, and look who put it back.' }],
        evidence: [],
      };
    }
    const current = await tryValue(context, wanted, fresh);
    if (current.is !== 'works')
      return { status: 'pending', note: `the new value is not proven to work: ${current.said}` };
    const old = await tryValue(context, wanted, stale);
    if (old.is !== 'refused')
      return { status: 'pending', note: `the old value is not proven to fail: ${old.said}` };
    const what = `The current value of ${target.name} works (${current.said}) and the old one is refused (${old.said})`;
    return { status: 'done', outputs: { verdict: 'replaced' }, evidence: [{ what }] };
  },
});

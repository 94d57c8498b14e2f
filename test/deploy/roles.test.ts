import { describe, expect, it } from 'vitest';
import { openActions } from '../../deploy/statements.ts';
import { account, allows, allowsAnywhere, liquidAbt, region, roleIds, statementsOf } from './support.ts';

const { deployment } = await liquidAbt();
const { resources } = deployment;
const statements = (role: string) => statementsOf(resources, role);
const functionRoles = roleIds(resources, 'lambda.amazonaws.com');
const machineRoles = roleIds(resources, 'states.amazonaws.com');
const allRoles = [...functionRoles, ...machineRoles];

/** Verbs that only read; everything else changes something. */
const reading = /^(Get|List|Describe|Query|BatchGet|Head|Scan|Select)/;
const verbOf = (action: string) => action.slice(action.indexOf(':') + 1);

const table = `arn:aws:dynamodb:${region}:${account}:table/lifeboat-liquid-abt`;
const zone = 'arn:aws:route53:::hostedzone/Z04517273LQ8RBN5XKDTW';
const restored = `arn:aws:rds:${region}:${account}:db:liquid-abt-dr-20260310-3f9c1a`;
const production = `arn:aws:rds:ap-southeast-2:${account}:db:liquid-abt-production`;

describe('every role', () => {
  it('belongs to one function or to one kind of state machine', () => {
    const used = Object.values(deployment.functions).map(config => (config as { role: string }).role);
    expect([...used].sort()).toEqual([...functionRoles].sort());
    expect(machineRoles).toHaveLength(7);
  });

  it.each(allRoles)('%s changes nothing on * where AWS takes a resource', role => {
    const open = statements(role)
      .filter(({ Effect, Resource }) => Effect === 'Allow' && Resource.includes('*'))
      .flatMap(({ Action }) => Action)
      .filter(action => !reading.test(verbOf(action)));
    expect(open.filter(action => !(action in openActions))).toEqual([]);
  });

  it.each(allRoles)('%s has no wildcard among its actions', role => {
    for (const { Effect, Action } of statements(role)) {
      if (Effect === 'Allow') expect(Action.filter(action => /[*?]/.test(action))).toEqual([]);
    }
  });

  it.each(allRoles)('%s can not change permissions, assume roles or delete the table', role => {
    for (const action of ['iam:PassRole', 'iam:PutRolePolicy', 'iam:CreateRole', 'sts:AssumeRole']) {
      expect(allowsAnywhere(statements(role), action)).toBe(false);
    }
    expect(allows(statements(role), 'dynamodb:DeleteTable', table)).toBe(false);
    expect(allowsAnywhere(statements(role), 'dynamodb:UpdateTable')).toBe(false);
    expect(allowsAnywhere(statements(role), 'dynamodb:UpdateContinuousBackups')).toBe(false);
  });

  it.each(allRoles)('%s is assumed by one service and nobody else', role => {
    const text = JSON.stringify(resources[role]);
    expect(text.match(/"Principal":/g)).toHaveLength(1);
    expect(text).not.toMatch(/"(AWS|Service|Federated)":"\*"|"Principal":"\*"/);
  });

  it.each(allRoles)('%s stays below the 10,240 characters of an inline policy', role => {
    expect(JSON.stringify(statements(role)).length).toBeLessThan(10_240);
  });

  it('writes to its own log group only', () => {
    for (const [name, config] of Object.entries(deployment.functions)) {
      const { role } = config as { role: string };
      const group = (of: string) =>
        `arn:aws:logs:${region}:${account}:log-group:/aws/lambda/lifeboat-liquid-abt-${of}:x`;
      expect(allows(statements(role), 'logs:PutLogEvents', group(name))).toBe(true);
      expect(allows(statements(role), 'logs:PutLogEvents', group(name === 'run' ? 'triage' : 'run'))).toBe(
        false,
      );
    }
  });
});

describe('what a role is denied', () => {
  const rolesThat = (action: string) =>
    allRoles.filter(role => allowsAnywhere(statements(role), action)).sort();

  it('deletes records only where runs are closed', () => {
    expect(rolesThat('dynamodb:DeleteItem')).toEqual(['ExecutionEndedRole', 'RunRole']);
  });

  it('moves traffic only in the family that does', () => {
    expect(rolesThat('route53:ChangeResourceRecordSets')).toEqual(['Route53Role']);
    expect(allows(statements('Route53Role'), 'route53:ChangeResourceRecordSets', zone)).toBe(true);
    expect(allows(statements('Route53Role'), 'route53:ChangeResourceRecordSets', `${zone}X`)).toBe(false);
  });

  it('touches databases only in their family, and deletes only what a run has made', () => {
    for (const verb of ['ModifyDBInstance', 'StopDBInstance']) {
      expect(rolesThat(`rds:${verb}`)).toEqual(['RdsRole']);
    }
    // Proofs restore too, under a name of their own.
    for (const verb of ['DeleteDBInstance', 'RestoreDBInstanceToPointInTime']) {
      expect(rolesThat(`rds:${verb}`)).toEqual(['RdsRole', 'VerifyRole']);
    }
    const verify = statements('VerifyRole');
    expect(allows(verify, 'rds:DeleteDBInstance', restored.replace('-dr-', '-proof-'))).toBe(true);
    for (const other of [restored, production]) {
      expect(allows(verify, 'rds:DeleteDBInstance', other)).toBe(false);
      expect(allows(verify, 'rds:RestoreDBInstanceFromDBSnapshot', other)).toBe(false);
    }
    // What is deleted carries the tag of a proof, by IAM too.
    for (const { Action, Condition } of verify.filter(one => one.Action.includes('rds:DeleteDBInstance'))) {
      expect({ Action, Condition }).toEqual({
        Action: ['rds:DeleteDBInstance'],
        Condition: { Null: { 'aws:ResourceTag/lifeboat:purpose': 'false' } },
      });
    }
    const rds = statements('RdsRole');
    expect(allows(rds, 'rds:DeleteDBInstance', restored)).toBe(true);
    expect(allows(rds, 'rds:DeleteDBInstance', production)).toBe(false);
    expect(allows(rds, 'rds:ModifyDBInstance', production)).toBe(false);
    const deleting = rds.filter(({ Action }) => Action.includes('rds:DeleteDBInstance'));
    expect(deleting.map(({ Condition }) => Condition)).toEqual([
      { Null: { 'aws:ResourceTag/lifeboat:run': 'false' } },
    ]);
  });

  it('starts runs only from triage and the probe, and only runbooks', () => {
    const starters = functionRoles.filter(role => allowsAnywhere(statements(role), 'states:StartExecution'));
    expect(starters.sort()).toEqual(['ProbeRole', 'TriageRole']);
    const machine = (name: string) => `arn:aws:states:${region}:${account}:stateMachine:liquid-abt-${name}`;
    expect(allows(statements('TriageRole'), 'states:StartExecution', machine('region-failure'))).toBe(true);
    expect(allows(statements('TriageRole'), 'states:StartExecution', machine('lifeboat-step'))).toBe(false);
  });

  it('publishes nothing from the page that anybody can open', () => {
    expect(allowsAnywhere(statements('DecideRole'), 'sns:Publish')).toBe(false);
    expect(allowsAnywhere(statements('DecideRole'), 'states:StartExecution')).toBe(false);
  });

  it('reads secrets only where they are used', () => {
    expect(rolesThat('secretsmanager:PutSecretValue')).toEqual(['SecretsRole']);
    const links = `arn:aws:secretsmanager:${region}:${account}:secret:lifeboat/liquid-abt/links-aB3dE5`;
    const readers = allRoles.filter(role => allows(statements(role), 'secretsmanager:GetSecretValue', links));
    expect(readers.sort()).toEqual([
      'AskRole',
      'CommunicateRole',
      'DecideRole',
      'ExecutionEndedRole',
      'RunRole',
    ]);
  });

  it('lets checks from outside see nothing of the account', () => {
    for (const role of ['HttpRole', 'TlsRole', 'DnsRole']) {
      const services = new Set(
        statements(role).flatMap(({ Action }) => Action.map(action => action.split(':')[0])),
      );
      expect([...services].sort()).toEqual(['dynamodb', 'logs']);
    }
  });

  it('keeps the code of functions in the network from making network interfaces', () => {
    const roles = rolesThat('ec2:CreateNetworkInterface');
    expect(roles).toEqual(['EksRole', 'K8sRole', 'RdsRole', 'RedisRole', 'SqlRole', 'VerifyRole']);
    for (const role of roles) {
      const denied = statements(role).filter(({ Effect }) => Effect === 'Deny');
      expect(denied).toHaveLength(1);
      expect(denied[0]?.Action).toContain('ec2:CreateNetworkInterface');
    }
  });
});

describe('the roles of the whole plan', async () => {
  const { deployment: whole } = await liquidAbt('whole');
  const roles = ['lambda.amazonaws.com', 'states.amazonaws.com'].flatMap(service =>
    roleIds(whole.resources, service),
  );

  it.each(roles)('%s names its actions, changes nothing on * and fits into an inline policy', role => {
    const own = statementsOf(whole.resources, role);
    const allowed = own.filter(({ Effect }) => Effect === 'Allow');
    expect(allowed.flatMap(({ Action }) => Action).filter(action => /[*?]/.test(action))).toEqual([]);
    const open = allowed.filter(({ Resource }) => Resource.includes('*')).flatMap(({ Action }) => Action);
    expect(open.filter(action => !reading.test(verbOf(action)) && !(action in openActions))).toEqual([]);
    expect(JSON.stringify(own).length).toBeLessThan(10_240);
  });
});

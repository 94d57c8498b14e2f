import { describe, expect, it } from 'vitest';
import { deploymentOf } from '../../deploy/build.ts';
import { aliases } from '../../deploy/bundling.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import { account, allows, allowsAnywhere, liquidAbt, region, resolve, statementsOf } from './support.ts';

const { plan: base } = await liquidAbt();
const plan: Plan = {
  ...base,
  channels: {
    ...base.channels,
    phone: { type: 'pagerduty', routingKey: 'secret:phone#key', region: 'us', severity: 'critical' },
    chat: {
      type: 'slack',
      channel: 'C024BE91L',
      token: 'secret:chat#token',
      signingSecret: 'secret:chat-signs',
    },
    pager: { type: 'pagerduty', routingKey: 'ssm:/lifeboat/pager', region: 'us', severity: 'critical' },
    mail: { type: 'ses', from: 'dr@shop.example', to: ['secret:readers'] },
  },
  followUps: {
    report: { title: 'Report', text: '', owner: 'cto', due: 86_400, from: 'end', modes: ['recover'] },
  },
};
const { resources, functions } = await deploymentOf(plan);
const role = (name: string) => statementsOf(resources, `${name.charAt(0).toUpperCase()}${name.slice(1)}Role`);
const secret = (name: string) => `arn:aws:secretsmanager:${region}:${account}:secret:${name}-aB3dE5`;
const identity = (name: string) => `arn:aws:ses:${region}:${account}:identity/${name}`;

describe('functions that send', () => {
  it.each(['communicate', 'ask', 'run', 'notify', 'triage', 'probe'])(
    '%s may use the plan’s channels and no others',
    name => {
      const statements = role(name);
      expect(allows(statements, 'secretsmanager:GetSecretValue', secret('chat'))).toBe(true);
      expect(allows(statements, 'secretsmanager:GetSecretValue', secret('readers'))).toBe(true);
      expect(
        allows(statements, 'ssm:GetParameter', `arn:aws:ssm:${region}:${account}:parameter/lifeboat/pager`),
      ).toBe(true);
      expect(allows(statements, 'ses:SendEmail', identity('shop.example'))).toBe(true);
      expect(allows(statements, 'ses:SendEmail', identity('other.example'))).toBe(false);
      expect(allows(statements, 'secretsmanager:GetSecretValue', secret('other'))).toBe(false);
      expect(allows(statements, 'secretsmanager:GetSecretValue', secret('chat-signs'))).toBe(false);
    },
  );

  it('may send as the plan’s senders only', () => {
    const sends = role('communicate').find(({ Action }) => Action.includes('ses:SendEmail'));
    expect(sends?.Condition).toEqual({ StringEquals: { 'ses:FromAddress': ['dr@shop.example'] } });
  });
});

describe('the decision page', () => {
  it('may have reports written, and write none', () => {
    const functionArn = (name: string) =>
      `arn:aws:lambda:${region}:${account}:function:lifeboat-liquid-abt-${name}`;
    expect(allows(role('decide'), 'lambda:InvokeFunction', functionArn('report'))).toBe(true);
    expect(allows(role('decide'), 'lambda:InvokeFunction', functionArn('run'))).toBe(false);
    expect(allowsAnywhere(role('decide'), 's3:PutObject')).toBe(false);
  });

  it('may check signatures of Slack and send nothing', () => {
    expect(allows(role('decide'), 'secretsmanager:GetSecretValue', secret('chat-signs'))).toBe(true);
    expect(allows(role('decide'), 'secretsmanager:GetSecretValue', secret('chat'))).toBe(false);
    for (const action of ['sns:Publish', 'ses:SendEmail'])
      expect(allowsAnywhere(role('decide'), action)).toBe(false);
  });

  it('is reached by Slack where a channel has a signing secret, and by PagerDuty where one has a webhook', () => {
    const events = (functions.decide as { events: unknown[] }).events;
    expect(events).toContainEqual({ httpApi: 'POST /slack' });
    expect(events).not.toContainEqual({ httpApi: 'POST /pagerduty' });
  });
});

describe('schedules of follow-ups', () => {
  it('are made by the communicate function alone, in a group of the system, with a role for that one function', () => {
    const own = `arn:aws:scheduler:${region}:${account}:schedule/lifeboat-liquid-abt/t0123456789ab-0`;
    expect(allows(role('communicate'), 'scheduler:CreateSchedule', own)).toBe(true);
    expect(
      allows(role('communicate'), 'scheduler:CreateSchedule', own.replace('lifeboat-liquid-abt', 'default')),
    ).toBe(false);
    expect(allows(role('communicate'), 'iam:PassRole', '<ScheduleRole.Arn>')).toBe(true);
    expect(allowsAnywhere(role('ask'), 'scheduler:CreateSchedule')).toBe(false);
    const target = statementsOf(resources, 'ScheduleRole');
    expect(
      allows(
        target,
        'lambda:InvokeFunction',
        `arn:aws:lambda:${region}:${account}:function:lifeboat-liquid-abt-communicate`,
      ),
    ).toBe(true);
    expect(
      allows(
        target,
        'lambda:InvokeFunction',
        `arn:aws:lambda:${region}:${account}:function:lifeboat-liquid-abt-run`,
      ),
    ).toBe(false);
    expect(resolve(resources.ScheduleGroup)).toMatchObject({ Properties: { Name: 'lifeboat-liquid-abt' } });
  });

  it('are not there for a plan without follow-ups, nor are clients that nobody uses', () => {
    expect(Object.keys(aliases(base))).toEqual(
      expect.arrayContaining(['@aws-sdk/client-sesv2', '@aws-sdk/client-scheduler']),
    );
    expect(Object.keys(aliases(plan))).not.toContain('@aws-sdk/client-sesv2');
  });
});

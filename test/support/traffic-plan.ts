import type { ComponentOf } from '../../shared/plan/components.ts';
import { type Plan, planSchema } from '../../shared/plan/schema.ts';

export const primary = 'ap-southeast-2';
export const recovery = 'ap-southeast-4';
export const primaryTarget = 'shop-1.ap-southeast-2.elb.amazonaws.com';
export const recoveryTarget = 'shop-dr-2.ap-southeast-4.elb.amazonaws.com';

/** A CNAME failover pair. */
export const appName: ComponentOf<'dns-name'> = {
  id: 'app-name',
  type: 'dns-name',
  region: recovery,
  name: 'app.shop.example',
  hostedZone: 'Z0SHOP',
  recordType: 'CNAME',
  primaryTarget,
  recoveryTarget,
  primaryHealthCheck: 'check-app',
  gate: { bucket: 'shop-gate', key: 'app-on-recovery' },
  resolvers: ['1.1.1.1', '8.8.8.8', '9.9.9.9'],
};

/** The same load balancers under a name of type A, that is an alias. */
export const aliasName: ComponentOf<'dns-name'> = {
  ...appName,
  id: 'alias-name',
  name: 'www.shop.example',
  recordType: 'A',
  recoveryTargetHostedZone: 'ZELB4',
  primaryHealthCheck: 'check-www',
  gate: { bucket: 'shop-gate', key: 'www-on-recovery' },
};

export const targets: ComponentOf<'target-group'> = {
  id: 'targets',
  type: 'target-group',
  region: recovery,
  arn: `arn:aws:elasticloadbalancing:${recovery}:123456789012:targetgroup/shop-dr/0123456789abcdef`,
};

export const database: ComponentOf<'rds-instance'> = {
  id: 'database',
  type: 'rds-instance',
  region: primary,
  identifier: 'shop-production',
  engine: 'postgres',
  multiAz: true,
  database: 'shop',
  port: 5432,
  credentials: 'secret:shop/db#url',
  writeProbe: 'SELECT 1',
};

const step = (id: string, kind: string, parameters: object) => ({ id, do: kind, with: parameters });

/** A plan with everything that users come in by; `modifies` says whether it has a step that sets the check path. */
export function trafficPlan(options: { modifies?: boolean } = {}): Plan {
  const modify = step('modify', 'elbv2.modify-target-group', {
    targetGroup: 'targets',
    healthCheckPath: '/api/health',
  });
  const check = step('check', 'http.check', { url: 'https://app.shop.example/api/auth/status' });
  const pay = step('pay', 'http.check', { url: 'https://pay.example.net/health' });
  return planSchema.parse({
    lifeboat: 1,
    system: { id: 'shop', title: 'Shop', owner: 'Platform', version: '1', reviewed: '2026-01-06' },
    regions: { primary, recovery },
    objectives: { rto: '4h', rpo: '1h' },
    severities: { critical: { title: 'Critical' } },
    components: {
      'app-name': appName,
      'alias-name': aliasName,
      targets,
      database,
      'lb-primary': {
        type: 'load-balancer',
        region: primary,
        name: 'shop',
        dnsName: primaryTarget,
        hostedZoneId: 'ZELB2',
      },
      'lb-recovery': {
        type: 'load-balancer',
        region: recovery,
        name: 'shop-dr',
        dnsName: recoveryTarget,
        hostedZoneId: 'ZELB4',
      },
      health: { type: 'endpoint', region: primary, url: 'https://app.shop.example/api/health' },
      status: { type: 'endpoint', region: primary, url: 'https://status.shop.example/' },
    },
    people: {},
    channels: {},
    audiences: {},
    scenarios: {
      'region-failure': {
        title: 'Region failure',
        severity: 'critical',
        manualOnly: true,
        modes: ['recover'],
        phases: [
          {
            id: 'all',
            title: 'All',
            stage: 'execute',
            steps: options.modifies ? [modify, check, pay] : [check, pay],
          },
        ],
      },
    },
  });
}

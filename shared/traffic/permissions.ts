import type { Permission } from '../actions/contract.ts';
import type { ComponentOf } from '../plan/components.ts';
import { normalName } from './records.ts';

type ZonedName = Pick<ComponentOf<'dns-name'>, 'name' | 'hostedZone' | 'recordType'>;

/** Changing the records of one name and type in one zone, and nothing else of it. */
function changeRecordsPermission(name: ZonedName, actions: ('UPSERT' | 'DELETE')[]): Permission {
  return {
    actions: ['route53:ChangeResourceRecordSets'],
    resources: [`arn:\${AWS::Partition}:route53:::hostedzone/${name.hostedZone}`],
    // Values must be lower-case without the last dot (Route 53 Developer Guide, "Using IAM policy conditions").
    conditions: {
      'ForAllValues:StringEquals': {
        'route53:ChangeResourceRecordSetsNormalizedRecordNames': [normalName(name.name)],
        'route53:ChangeResourceRecordSetsRecordTypes': [name.recordType],
        'route53:ChangeResourceRecordSetsActions': actions,
      },
    },
  };
}

/** Writing records and following their change. */
export function recordPermissions(name: ZonedName, actions: ('UPSERT' | 'DELETE')[]): Permission[] {
  return [
    {
      actions: ['route53:ListResourceRecordSets'],
      resources: [`arn:\${AWS::Partition}:route53:::hostedzone/${name.hostedZone}`],
    },
    changeRecordsPermission(name, actions),
    { actions: ['route53:GetChange'], resources: ['arn:${AWS::Partition}:route53:::change/*'] },
  ];
}

/** What moving one name needs: one key of one bucket, and UPSERT of one name and type in one zone. */
export function failoverPermissions(name: ComponentOf<'dns-name'>): Permission[] {
  const zone = `arn:\${AWS::Partition}:route53:::hostedzone/${name.hostedZone}`;
  const bucket = `arn:\${AWS::Partition}:s3:::${name.gate.bucket}`;
  return [
    { actions: ['route53:ListResourceRecordSets'], resources: [zone] },
    {
      actions: ['route53:GetHealthCheck'],
      resources: [`arn:\${AWS::Partition}:route53:::healthcheck/${name.primaryHealthCheck}`],
    },
    changeRecordsPermission(name, ['UPSERT']),
    {
      actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      resources: [`${bucket}/${name.gate.key}`],
    },
    {
      actions: ['s3:ListBucket'],
      resources: [bucket],
      reason: 'Without it S3 answers 403 instead of 404 for a gate object that is not there',
    },
  ];
}

import type { Permission } from '../actions/contract.ts';
import { kmsKeyArn } from './rds-arns.ts';

/** Whether a key is there and enabled. */
export const readsKey = (region: string, key: string): Permission => ({
  actions: ['kms:DescribeKey'],
  resources: [kmsKeyArn(region, key)],
});

/** Lets a service use a key for what it makes, and nobody else. */
export const grantsKey = (service: 'rds' | 'elasticache', region: string, key: string): Permission => ({
  actions: ['kms:CreateGrant'],
  resources: [kmsKeyArn(region, key)],
  conditions: {
    Bool: { 'kms:GrantIsForAWSResource': 'true' },
    StringEquals: { 'kms:ViaService': `${service}.${region}.amazonaws.com` },
  },
});

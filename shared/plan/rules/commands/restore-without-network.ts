import { commandRule } from '../commands.ts';

export const restoreWithoutNetwork = commandRule({
  id: 'restore-without-network',
  severity: 'error',
  reason:
    'RDS then makes a Single-AZ instance with default settings in the default network, where the application can not reach it.',
  mistakes: [
    {
      // A read replica and an instance of a cluster take the network of what they belong to.
      pattern:
        /\baws\s+rds\s+(?:restore-db-(?:instance|cluster)-\S+|create-db-cluster|create-db-instance(?!.*--db-cluster-identifier\b))\s/,
      unless:
        /--db-subnet-group-name[\s\S]*--vpc-security-group-ids|--vpc-security-group-ids[\s\S]*--db-subnet-group-name/,
      message: 'The new database gets neither the subnet group nor the security groups of the old one',
      mend: 'Use rds.restore with an rds-restore-target, or rds.restore-cluster with an rds-cluster-restore-target: they name both.',
    },
  ],
});

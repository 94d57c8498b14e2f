import { expect, it } from 'vitest';
import { checkPlan } from '../../shared/plan/check.ts';
import { fixtureText } from './fixture-text.ts';

/** Lines of recovery documents as people wrote them, and the rule that stands against each. */
const typed: [rule: string, command: string][] = [
  ['interactive-command', 'kubectl exec -it timescaledb-0 -n ag-botkit -- psql -U agbot -d ag_botkit'],
  ['interactive-command', 'terraform apply'],
  ['interactive-command', 'kubectl get secrets -n trading-bot -o yaml | gpg --encrypt > secrets.gpg'],
  ['drops-the-only-copy', 'psql -U agbot -d postgres -c "DROP DATABASE ag_botkit;"'],
  ['drops-the-only-copy', 'pg_restore --clean --if-exists --verbose latest.dump'],
  ['terraform-target', 'terraform destroy -input=false -target=module.eks'],
  ['delete-all-secrets', 'kubectl delete secret --all -n fusion-bitcoin'],
  ['unchecked-pipe', 'pg_dump -U agbot ag_botkit | gzip > backup.sql.gz'],
  ['incomplete-export', 'kubectl get all -n trading-bot -o yaml > k8s-backup.yaml'],
  ['forces-eviction', 'aws eks update-nodegroup-version --cluster-name a --nodegroup-name b --force'],
  ['proves-nothing', 'kubectl get componentstatuses'],
  ['proves-nothing', 'kubectl get pods --all-namespaces | grep -v Running'],
  ['proves-nothing', 'k6 run tests/load/critical-paths.js --env=staging'],
  ['proves-nothing', 'docker pull ghcr.io/liquidtreasury/liquid-abt:v1.2.3'],
  ['proves-nothing', 'curl -s https://api.stripe.com/v1/charges | jq'],
  ['whole-cache-flush', 'redis-cli -h cache.internal flushdb'],
  ['rdb-overwrites-backup', 'redis-cli --rdb /backup/dump.rdb'],
  [
    'blocks-by-allowing',
    'aws ec2 authorize-security-group-ingress --group-id sg-1 --source-group sg-blocked',
  ],
  [
    'traffic-by-command',
    'aws route53 change-resource-record-sets --hosted-zone-id Z1 --change-batch file://x',
  ],
  ['acts-for-real', 'curl -f -X POST https://fusion-bitcoin.company.com/api/swap -d \'{"amount": "0.1"}\''],
  ['mutable-source', 'kubectl run app-test --image=liquid-abt:latest -- npm run test:database'],
  [
    'mutable-source',
    'kubectl apply -f https://raw.githubusercontent.com/kubernetes/ingress-nginx/deploy.yaml',
  ],
  ['mutable-source', 'registry.acme.test/shop/app:latest-patched'],
  ['clean-up-by-command', 'aws rds delete-db-instance --db-instance-identifier liquid-abt-test-restore'],
  ['clean-up-by-command', 'terraform destroy -input=false -auto-approve'],
  ['secret-before-replacement', 'kubectl delete secret liquid-abt-secrets -n liquid-abt-production'],
  ['literal-rds-snapshot', 'rds:liquid-abt-production-latest'],
  ['date-shell', 'git checkout production-config-$(date +%Y%m%d)'],
  ['placeholder', 'psql $DATABASE_URL -c "SELECT count(*) FROM tenants;"'],
  ['placeholder', 'kubectl delete pod <pod-name> -n liquid-abt-production'],
  ['placeholder', 'aws s3 cp s3://ag-botkit-backups/database/backup-YYYYMMDD.sql.gz .'],
  ['placeholder', 'Call [Name] on +61 XXX XXX XXX'],
  ['command-topology', 'SELECT pg_promote();'],
  ['change-by-command', 'kubectl scale deployment --replicas=0 -n fusion-bitcoin --all'],
  ['change-by-command', 'kubectl delete ingress liquid-abt-ingress -n liquid-abt-production'],
  ['change-by-command', 'aws rds promote-read-replica --db-instance-identifier liquid-abt-migration-replica'],
  ['change-by-command', 'aws elasticache create-cache-cluster --cache-cluster-id new --num-cache-nodes 1'],
  ['change-by-command', 'eksctl create cluster --name trading-bot-dr --region us-west-2 --nodes 3'],
  ['newest-by-name', 'aws s3 ls s3://backups/database/ | grep postgresql | sort | tail -1'],
  ['newest-by-name', 'aws s3 cp backup-*.sql.gz s3://ag-botkit-backups/database/'],
  ['shell-state', 'export AWS_DEFAULT_REGION=ap-southeast-4'],
  ['shell-state', 'kubectl config use-context trading-bot-dr'],
  ['shell-state', 'terraform workspace select dr'],
  ['change-by-command', 'kubectl apply -k k8s/dr/'],
  ['change-by-command', 'kubectl rollout restart deployment/relayer -n fusion-bitcoin'],
  ['change-by-command', 'kubectl drain node-1 --ignore-daemonsets --delete-emptydir-data'],
  [
    'change-by-command',
    'kubectl set env deployment/backend TRADING_ENABLED=true MAX_POSITION_SIZE_PERCENT=1',
  ],
  ['setting-left-behind', 'kubectl set env deployment/backend TRADING_ENABLED=false -n trading-bot'],
  ['change-by-command', 'aws rds failover-db-cluster --db-cluster-identifier fusion-bitcoin-prod-cluster'],
  ['change-by-command', 'aws rds remove-from-global-cluster --global-cluster-identifier orders'],
  [
    'change-by-command',
    'aws s3 sync s3://fusion-bitcoin-backups-production/ s3://fusion-bitcoin-backups-dr/',
  ],
  ['change-by-command', 'redis-cli -h replica.internal SLAVEOF NO ONE'],
  [
    'change-by-command',
    'aws efs delete-replication-configuration --source-file-system-id fs-0a1b2c3d4e5f60718',
  ],
  ['change-by-command', 'aws globalaccelerator update-endpoint-group --traffic-dial-percentage 0'],
  ['change-by-command', 'aws ssm put-parameter --name /app/active_region --value us-west-2 --overwrite'],
  [
    'change-by-command',
    'aws backup start-restore-job --recovery-point-arn arn:aws:backup:x --metadata file://m',
  ],
  ['drops-the-only-copy', 'aws sqs purge-queue --queue-url https://sqs.eu-west-1.amazonaws.com/1/orders'],
  ['drops-the-only-copy', 'aws s3 rm s3://shop-media --recursive'],
  ['shell-state', 'cd infra/terraform'],
  ['proves-nothing', 'kubectl describe nodes | grep -i "ready\\|schedulable"'],
  ['proves-nothing', 'kubectl wait --for=condition=ready pod -l app=postgres -n trading-bot --timeout=300s'],
  ['secret-in-a-command', 'kubectl apply -f k8s/production/secrets-rotated.yaml'],
  ['secret-in-a-command', 'psql postgres://shop:hunter22@db.internal/shop -c "SELECT 1"'],
  ['fixed-moment', 'aws rds restore-db-cluster-to-point-in-time --restore-time "2025-01-06T10:30:00Z"'],
  ['fixed-moment', '/app/scripts/restore.sh --file /backups/backup-20240115-143000.sql.gz'],
  ['placeholder', 'arn:aws:elasticloadbalancing:us-west-2:123456789:targetgroup/fusion-bitcoin/abc123'],
  ['placeholder', 'aws ec2 describe-volumes --volume-ids vol-123456789'],
  ['opaque-script', './scripts/infrastructure/backup-disaster-recovery.sh -e production -a restore'],
  ['proves-nothing', 'kubectl get events -n trading-bot | grep -i delete'],
  ['proves-nothing', "SELECT tablename FROM pg_stats WHERE schemaname = 'public';"],
  ['acts-for-real', "INSERT INTO health_check (timestamp, status) VALUES (NOW(), 'write_test');"],
  ['secret-in-a-command', 'aws ssm get-parameters-by-path --path /x --with-decryption > /tmp/secrets.env'],
];

it.each(typed)('%s is found in: %s', async (rule, command) => {
  const quoted = `'${command.replaceAll("'", "''")}'`;
  const text = fixtureText('command-topology', 'clean').replace(/text: aws rds.*/, `text: ${quoted}`);
  const { findings } = await checkPlan({ text, file: 'plan.yml' });
  expect(findings.map(finding => finding.rule)).toContain(rule);
});

it.each([
  ['aws sqs start-message-move-task --source-arn arn:aws:sqs:eu-west-1:1:failed', 'sqs.redrive'],
  ['aws efs delete-replication-configuration --source-file-system-id fs-1', 'efs.fail-over-replication'],
  [
    'aws globalaccelerator update-endpoint-group --traffic-dial-percentage 0',
    'globalaccelerator.shift-traffic',
  ],
  ['aws cloudfront update-distribution --id E2 --if-match E7', 'cloudfront.switch-origin'],
])('says once which action is for: %s', async (command, kind) => {
  const text = fixtureText('command-topology', 'clean').replace(/text: aws rds.*/, `text: ${command}`);
  const { findings } = await checkPlan({ text, file: 'plan.yml' });
  const about = findings.filter(({ rule }) => rule === 'change-by-command');
  expect(about.map(({ mend }) => mend)).toEqual([expect.stringContaining(kind)]);
});

it('finds a command that is written as a list of words', async () => {
  const text = fixtureText('command-topology', 'clean')
    .replace('do: people.task', 'do: people.approval')
    .replace(
      /with:[\s\S]*/,
      'with:\n              title: Go?\n              from: [engineer]\n              within: 10m\n              shows: [kubectl, exec, -it, shop, --, sh]\n',
    );
  const { findings } = await checkPlan({ text, file: 'plan.yml' });
  expect(findings).toMatchObject([{ rule: 'interactive-command' }]);
});

it.each([
  'See https://github.com/acme/runbooks/blob/main/call-tree.md',
  'kubectl exec deployment/shop -n shop -- node scripts/check.js',
  'set -o pipefail; pg_dump --format=custom shop | aws s3 cp - s3://shop-dumps/shop.dump',
  'registry.acme.test/shop/app:v1.2.3',
  'curl -fsS https://shop.acme.test/api/health',
  'aws rds describe-db-instances --db-instance-identifier shop',
  'kubectl get pods -n liquid-abt-production',
  'kubectl rollout status deployment/backend -n trading-bot --timeout=600s',
  'kubectl apply -k k8s/staging/ --dry-run=server',
  'aws s3 ls s3://shop-backups/database/',
  'aws ecs describe-services --cluster shop --services web',
  'psql postgres://shop@db.internal/shop -c "SELECT max(executed_at) FROM trades"',
  'redis-cli info replication',
  'sg-0a1b2c3d4e5f60718 and vol-12345678 of arn:aws:ec2:eu-west-1:123456789012:instance/i-1',
])('has nothing against: %s', async command => {
  const text = fixtureText('command-topology', 'clean').replace(/text: aws rds.*/, `text: '${command}'`);
  const { findings } = await checkPlan({ text, file: 'plan.yml' });
  expect(findings).toEqual([]);
});

it('refuses an automated snapshot by name where the region that has it is lost', async () => {
  const text = fixtureText('literal-rds-snapshot', 'triggers');
  const lost = text.replace(
    'manualOnly: true',
    'manualOnly: true\n    disaster: { type: region-loss, region: primary }',
  );
  const severities = async (plan: string) =>
    (await checkPlan({ text: plan, file: 'plan.yml' })).findings
      .filter(({ rule }) => rule === 'literal-rds-snapshot')
      .map(({ severity }) => severity);
  expect(await severities(text)).toEqual(['warning']);
  expect(await severities(lost)).toEqual(['error']);
});

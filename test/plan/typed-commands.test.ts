import { describe, expect, it } from 'vitest';
import { checkPlan } from '../../shared/plan/check.ts';
import { fixtureText } from './fixture-text.ts';
import { markedLines, planText, type Way } from './flaws/flaw.ts';

/** Commands as people type them, and the rule that stands against each; `flaws/` has those of the documents. */
const typed: [rule: string, command: string][] = [
  ['terraform-target', 'terraform destroy -input=false -target=module.eks'],
  [
    'traffic-by-command',
    'aws route53 change-resource-record-sets --hosted-zone-id Z1 --change-batch file://x',
  ],
  [
    'mutable-source',
    'kubectl apply -f https://raw.githubusercontent.com/kubernetes/ingress-nginx/deploy.yaml',
  ],
  ['mutable-source', 'registry.acme.test/shop/app:latest-patched'],
  ['literal-rds-snapshot', 'rds:liquid-abt-production-latest'],
  ['date-shell', 'git checkout production-config-$(date +%Y%m%d)'],
  ['placeholder', 'kubectl delete pod <pod-name> -n liquid-abt-production'],
  ['change-by-command', 'kubectl delete ingress liquid-abt-ingress -n liquid-abt-production'],
  ['change-by-command', 'aws rds promote-read-replica --db-instance-identifier liquid-abt-migration-replica'],
  ['change-by-command', 'aws elasticache create-cache-cluster --cache-cluster-id new --num-cache-nodes 1'],
  ['change-by-command', 'eksctl create cluster --name trading-bot-dr --region us-west-2 --nodes 3'],
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
  ['change-by-command', 'aws docdb remove-from-global-cluster --global-cluster-identifier trails'],
  [
    'change-by-command',
    'aws s3 sync s3://fusion-bitcoin-backups-production/ s3://fusion-bitcoin-backups-dr/',
  ],
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
  ['secret-in-a-command', 'kubectl apply -f k8s/production/secrets-rotated.yaml'],
  ['secret-in-a-command', 'psql postgres://shop:hunter22@db.internal/shop -c "SELECT 1"'],
  ['fixed-moment', 'aws rds restore-db-cluster-to-point-in-time --restore-time "2025-01-06T10:30:00Z"'],
  ['placeholder', 'arn:aws:elasticloadbalancing:us-west-2:123456789:targetgroup/fusion-bitcoin/abc123'],
  ['placeholder', 'aws ec2 describe-volumes --volume-ids vol-123456789'],
  ['opaque-script', './scripts/infrastructure/backup-disaster-recovery.sh -e production -a restore'],
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
  ['aws neptune failover-global-cluster --allow-data-loss', 'of the families rds, docdb and neptune'],
  ['aws docdb switchover-global-cluster', 'of the families rds, docdb and neptune'],
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
  'kubectl exec deployment/shop -n shop -- psql -t -c "SELECT 1"',
  'docker compose exec -T db pg_isready',
  'psql -v ON_ERROR_STOP=1 -f schema.sql',
  'curl -fsG https://shop.acme.test/search -d q=1',
  'helm list -n shop',
  'velero backup get',
  'terraform plan -input=false -out=dr.tfplan',
  'pg_restore -Fc --no-owner -d shop_new shop.dump',
  'pg_restore --list shop.dump',
  'gpg --verify bundle.sig bundle.tar',
  'aws secretsmanager describe-secret --secret-id shop/api',
  'aws rds describe-db-snapshots --db-instance-identifier shop',
  'git log -1 --format=%H',
  'API_TOKEN=secret:shop/api#token',
  'make sure that the tills are closed',
  'Tell the shops by an http POST of the till program',
  'kubectl -n shop get pods -o wide',
  'The latest dump is the one that backup.check names',
  'set -o pipefail\naws sts get-caller-identity\npg_dump shop | gzip > shop.sql.gz\nkubectl get nodes',
  'sg-0a1b2c3d4e5f60718 and vol-12345678 of arn:aws:ec2:eu-west-1:123456789012:instance/i-1',
])('has nothing against: %s', async command => {
  const text = fixtureText('command-topology', 'clean').replace(
    /text: aws rds.*/,
    `text: ${JSON.stringify(command)}`,
  );
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

describe('a command is found wherever it stands:', () => {
  const command = 'kubectl -n shop exec -it deployment/shop -- sh';
  const build = 'sourceVersion: 0123456789abcdef0123456789abcdef01234567';
  const calendar = (does: string) =>
    `calendar:\n  monthly: { title: Monthly, schedule: { when: rate(30 days) }, does: ${does} }\n`;
  it.each<[string, Way]>([
    [
      'in a branch',
      {
        steps: `
- parallel:
    - - { id: do-it, do: people.task, with: { title: Do it, text: ${command}, owner: engineer, within: 10m } } # <-
    - - { id: look, do: http.check, with: { url: 'https://shop.acme.test/' } }`,
      },
    ],
    [
      'in a step of another mode',
      {
        scenario: 'modes: [recover, drill]',
        steps: `
- { id: do-it, do: people.task, modes: [drill], with: { title: Do it, text: ${command}, owner: engineer, within: 10m } } # <-`,
      },
    ],
    [
      'in what a shell of a pod gets',
      {
        steps: `\n- { id: do-it, do: k8s.exec, with: { workload: app, command: [sh, -c, ${command}] } } # <-`,
      },
    ],
    [
      'in what a build gets',
      {
        components: 'builds: { type: codebuild-project, region: eu-west-1, name: builds }',
        steps: `
- { id: do-it, do: codebuild.run, with: { project: builds, ${build}, environment: { COMMAND: ${command} } } } # <-`,
      },
    ],
    [
      'in the middle of a script',
      {
        steps: `
- id: do-it
  do: people.task
  with:
    title: Do it
    owner: engineer
    within: 10m
    text: |
      kubectl get nodes
      ${command} # <-
      kubectl get pods -n shop`,
      },
    ],
    [
      'in the calendar',
      {
        sections: calendar(`{ type: task, people: [engineer], text: ${command} }`).replace(
          ' }\n',
          ' } # <-\n',
        ),
      },
    ],
    [
      'among what is due afterwards',
      {
        sections: `followUps:\n  open-it: { title: Open it, owner: engineer, due: 1d, text: ${command} } # <-\n`,
      },
    ],
    [
      'in a failback',
      {
        scenarios: `
back:
  title: Back
  severity: critical
  manualOnly: true
  modes: [planned]
  failbackOf: incident
  phases:
    - id: back
      title: Back
      stage: execute
      steps:
        - { id: do-it, do: people.task, with: { title: Do it, text: ${command}, owner: engineer, within: 10m } } # <-`,
      },
    ],
  ])('%s', async (_, way) => {
    const text = planText(way);
    const lines = markedLines(way, text);
    expect(lines).toHaveLength(1);
    const { findings } = await checkPlan({ text, file: 'plan.yml' });
    const found = findings.filter(({ rule }) => rule === 'interactive-command');
    expect(found.map(({ line }) => line)).toEqual(lines);
  });
});

import { by, type Flaw, met } from '../flaw.ts';
import * as p from '../pieces.ts';

/** About commands that a person would type. */
export const commands: readonly Flaw[] = [
  {
    number: 13,
    flaw: 'A command asks for a terminal, and the end of its pipe hides that it failed.',
    found: [
      by(
        'interactive-command',
        'kubectl exec -it timescaledb-0 -n ag-botkit -- psql -U agbot -d ag_botkit',
        'kubectl -n shop exec -it deployment/shop -- sh',
        'kubectl exec -i -t postgres-0 -- psql',
        'kubectl exec --stdin --tty postgres-0 -- psql',
        'docker compose exec db psql -U shop',
        'aws ecs execute-command --cluster shop --task 1 --interactive --command /bin/sh',
        'aws ssm start-session --target i-0a1b2c3d',
        {
          steps: `
- id: dump
  do: k8s.run
  with:
    cluster: cluster
    namespace: shop
    name: dump
    image: shop@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    command: [kubectl, exec, -it, shop, --, sh] # <-`,
        },
      ),
      by(
        'unchecked-pipe',
        'kubectl exec -i timescaledb-0 -- pg_dump -U agbot ag_botkit | gzip > backup.sql.gz',
        'mysqldump shop | aws s3 cp - s3://shop-dumps/shop.sql',
        'pg_dump shop | split -b 1G - shop.sql.',
        'redis-cli --pipe < dump.txt | tail -1; pg_dumpall | openssl enc -aes-256-cbc > all.enc',
      ),
    ],
  },
  {
    number: 14,
    flaw: 'Variables and placeholders are filled in on the machine of whoever types them, or by nobody.',
    found: [
      by(
        'placeholder',
        'psql $DATABASE_URL -c "SELECT count(*) FROM tenants;"',
        'kubectl delete pod <pod-name> -n shop',
        'Call [Name] on +61 XXX XXX XXX',
        'aws ec2 revoke-security-group-ingress --group-id sg-xxxxx',
        'curl https://api.statuspage.io/v1/pages/PAGE_ID/incidents',
        'BINANCE_API_KEY=your-key',
        'aws route53 get-hosted-zone --id Z123456789',
        'kubectl set image deployment/shop shop={{ image }}',
        'TODO: ask the network team which address',
        'REPLACE_WITH_ACCOUNT',
        'shop-YYYY-MM-DD-automated',
        {
          steps: `
- parallel:
    - - id: look
        do: http.check
        with:
          url: https://<host>/health # <-
    - - { id: other, do: http.check, with: { url: 'https://shop.acme.test/' } }`,
        },
        { sections: 'response:\n  contact: "[PHONE]" # <-\n' },
      ),
      by('bad-expression', 'psql ${DATABASE_URL} -c "SELECT 1"'),
    ],
  },
  {
    number: 15,
    flaw: 'A date is asked of a shell, for each command anew and in its own time zone, and becomes part of a name.',
    found: [
      by(
        'date-shell',
        'aws rds create-db-snapshot --db-snapshot-identifier shop-$(date +%Y%m%d) --db-instance-identifier shop',
        'tar -czf logs-`date +%s`.tar.gz /app/logs/',
        {
          sections: `calendar:
  monthly:
    title: Monthly
    schedule: { when: cron(0 2 1 * ? *), timeZone: UTC }
    does:
      type: task
      people: [engineer]
      text: git tag drill-$(date -u +%F) # <-
`,
        },
        {
          steps: "- { id: look, do: http.check, with: { url: 'https://shop.acme.test/$( date +%F)' } } # <-",
        },
      ),
    ],
  },
  {
    number: 16,
    flaw: 'Terraform waits for a "yes", changes half of a system, or has its state where the disaster is.',
    found: [
      by('interactive-command', 'terraform apply -var="instance_count=3"', 'tofu apply'),
      by(
        'terraform-target',
        'terraform apply -input=false -target=aws_eks_cluster.shop plan.tfplan',
        'terraform plan --target module.eks',
        {
          components: p.builds,
          steps: `
- id: build
  do: codebuild.run
  with:
    project: builds
    sourceVersion: 0123456789abcdef0123456789abcdef01234567
    environment:
      COMMAND: terraform apply -input=false -auto-approve -target=module.eks # <-`,
        },
      ),
      by('change-by-command', 'terraform apply -auto-approve'),
      by(
        'backup-lost-with-region',
        {
          scenario: p.lost,
          sections: `backups:
  state:
    type: terraform-state
    title: State
    bucket: shop-state
    key: state
    region: eu-central-1 # <-
    retention: 90d
    schedule: { when: rate(1 hour) }
    rpo: 2h
`,
        },
        {
          scenario: p.lost,
          sections: `backups:
  objects:
    type: kubernetes-export
    title: Objects
    cluster: cluster
    namespaces: [shop]
    kinds: [Deployment]
    bucket: shop-exports
    region: eu-central-1 # <-
    retention: 90d
    schedule: { when: rate(1 hour) }
    rpo: 2h
`,
        },
      ),
      by('asks-the-lost-region', {
        scenario: p.lost,
        components: `${p.builds}\n${p.bucket('state', 'eu-central-1')}`,
        steps: `
- id: build
  do: codebuild.run
  with:
    project: builds
    sourceVersion: 0123456789abcdef0123456789abcdef01234567
    state: state # <-
    stateKey: shop`,
      }),
    ],
    met: [
      met(
        'codebuild.run reads the state before it starts a build',
        'test/actions/codebuild/run.test.ts',
        'reads the Terraform state first: it has to be there, and nobody may hold it',
      ),
    ],
  },
];

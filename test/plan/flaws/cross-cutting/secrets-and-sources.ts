import { by, type Flaw, met } from '../flaw.ts';
import * as p from '../pieces.ts';

/** About secrets, and where images, manifests and code come from. */
export const secretsAndSources: readonly Flaw[] = [
  {
    number: 17,
    flaw: 'Secrets are deleted before there are new ones, all of them at once, and nothing shows that the old ones are dead.',
    found: [
      by(
        'delete-all-secrets',
        'kubectl delete secret --all -n fusion-bitcoin',
        'kubectl delete --all secrets -n shop',
        'kubectl -n shop delete secrets --all',
        'kubectl delete all,secret --all -n shop',
        'kubectl get secrets -n shop -o name | xargs kubectl delete -n shop',
      ),
      by(
        'secret-before-replacement',
        'kubectl delete secret liquid-abt-secrets -n liquid-abt-production',
        'kubectl -n shop delete secret shop-secrets',
        'kubectl delete secret/shop-secrets',
        'kubectl delete secret -l app=shop -n shop',
        'aws secretsmanager delete-secret --secret-id shop/api --force-delete-without-recovery',
        {
          components:
            'keys: { type: k8s-secret, region: eu-west-1, cluster: shop, namespace: shop, name: keys }\napi: { type: secret, region: eu-west-1, name: shop/api }',
          steps: `
- id: remove
  do: k8s.delete-secret # <-
  with: { secret: keys }
- { id: rotate, do: secrets.rotate, with: { secret: api } }`,
        },
        {
          // A new one beside it may come later.
          components:
            'keys: { type: k8s-secret, region: eu-west-1, cluster: shop, namespace: shop, name: keys }\napi: { type: secret, region: eu-west-1, name: shop/api }',
          steps: `
- parallel:
    - - id: remove
        do: k8s.delete-secret # <-
        with: { secret: keys }
    - - { id: rotate, do: secrets.rotate, with: { secret: api } }`,
        },
      ),
    ],
    met: [
      met(
        'secrets.rotate is done when the old one fails',
        'test/actions/secrets/rotate.test.ts',
        'is never done while the old value still works',
      ),
    ],
  },
  {
    number: 22,
    flaw: 'Contacts, tokens and keys are placeholders, or stand in the plan.',
    found: [
      by('placeholder', 'Call the CTO: [Name], +61 XXX XXX XXX', {
        sections: 'people:\n  engineer:\n    name: "[Name]" # <-\n    channel: mail\n',
      }),
      by(
        'secret-in-a-command',
        'curl -f -H "Authorization: OAuth 89a229ce1a8dbcf9ff30430fbe35eb4c" https://api.statuspage.io/v1/pages',
        'curl -f -H "X-Api-Key: 5kd93jd82mxnq0a1" https://api.acme.test/',
        'AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE aws sts get-caller-identity',
        'git clone https://ghp_16C7e42F292c6912E7710c838347Ae178B4a@git.acme.test/ops',
        'kubectl create secret generic shop --from-literal=password=hunter22',
      ),
      by(
        'secret-in-plan',
        {
          sections: `people:
  engineer:
    name: Engineer
    contact: "+61 400 000 000" # <-
    channel: mail
`,
        },
        {
          sections: `channels:
  mail: { type: sns, topic: shop, protocol: email }
  chat:
    type: slack-webhook
    url: https://hooks.slack.com/services/T0/B0/x1 # <-
`,
        },
      ),
    ],
  },
  {
    number: 23,
    flaw: 'Images, manifests and code come from the internet, or from a tag or branch that may be another one by then.',
    found: [
      by(
        'mutable-source',
        'kubectl run app-test --image=liquid-abt:latest -- npm run test:database',
        'kubectl apply -f https://raw.githubusercontent.com/kubernetes/ingress-nginx/controller-v1.8.0/deploy/static/provider/cloud/deploy.yaml',
        'git checkout HEAD~1 k8s/',
        'git checkout main && git pull',
        'git pull origin main',
        'helm install ingress ingress-nginx/ingress-nginx',
        'curl -fsSL https://get.acme.test/install.sh | bash',
        {
          steps: `
- id: image
  do: k8s.set-image
  with:
    workload: app
    image: ghcr.io/acme/shop:latest # <-`,
        },
        {
          steps: `
- id: once
  do: k8s.run
  with:
    cluster: cluster
    namespace: shop
    name: once
    image: postgres # <-
    command: [psql, --version]`,
        },
        {
          steps: `
- id: once
  do: k8s.run
  with:
    cluster: cluster
    namespace: shop
    name: once
    image: redis:latest # <-
    command: [redis-cli, --version]`,
        },
        {
          steps: `
- id: apply
  do: k8s.apply
  with:
    cluster: cluster
    objects:
      - apiVersion: v1
        kind: Pod
        metadata: { name: shop, namespace: shop }
        spec: { containers: [{ name: shop, image: 'registry.acme.test/shop/app:main' }] } # <-`,
        },
      ),
      by('refused-in-any-case', {
        components: p.builds,
        steps: `
- id: build
  do: codebuild.run # <-
  with: { project: builds, sourceVersion: main }`,
      }),
      by('asks-the-lost-region', {
        scenario: p.lost,
        steps: `
- id: image
  do: k8s.set-image
  with:
    workload: app
    image: 123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 # <-`,
      }),
    ],
  },
];

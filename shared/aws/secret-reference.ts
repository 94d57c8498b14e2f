import type { Permission } from '../actions/contract.ts';
import { InvalidInputError } from '../errors.ts';

/** `secret:NAME`, `secret:NAME#key` (a key of a JSON secret) or `ssm:NAME` (a SecureString parameter). */
export type SecretReference =
  | { store: 'secretsmanager'; name: string; key?: string }
  | { store: 'ssm'; name: string };

/** Takes a reference apart; throws InvalidInputError if it is none. */
export function parseSecretReference(reference: string): SecretReference {
  const colon = reference.indexOf(':');
  const kind = reference.slice(0, colon);
  const rest = reference.slice(colon + 1);
  if (kind === 'ssm' && rest !== '') return { store: 'ssm', name: rest };
  if (kind === 'secret' && rest !== '') {
    // An ARN may hold colons but no hash, so the first hash begins the key.
    const hash = rest.indexOf('#');
    if (hash === -1) return { store: 'secretsmanager', name: rest };
    const name = rest.slice(0, hash);
    const key = rest.slice(hash + 1);
    if (name !== '' && key !== '') return { store: 'secretsmanager', name, key };
  }
  throw new InvalidInputError(`"${reference}" is not a secret reference`, {
    nextStep: 'Write secret:NAME, secret:NAME#key or ssm:/path/name in the plan.',
  });
}

/** The ARN pattern of a secret: Secrets Manager adds a hyphen and six random characters to the name. */
export function secretArn(name: string, region: string): string {
  if (name.startsWith('arn:')) return name;
  return `arn:\${AWS::Partition}:secretsmanager:${region}:\${AWS::AccountId}:secret:${name}-??????`;
}

/** What reading this reference in this region needs. */
export function secretReadPermission(reference: string, region: string): Permission {
  const parsed = parseSecretReference(reference);
  if (parsed.store === 'secretsmanager') {
    return { actions: ['secretsmanager:GetSecretValue'], resources: [secretArn(parsed.name, region)] };
  }
  const path = parsed.name.replace(/^\//, '');
  return {
    actions: ['ssm:GetParameter'],
    resources: [`arn:\${AWS::Partition}:ssm:${region}:\${AWS::AccountId}:parameter/${path}`],
  };
}

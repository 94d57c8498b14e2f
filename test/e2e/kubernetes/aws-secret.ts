import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { AwsClients } from '../../../shared/aws/clients.ts';
import { recovery } from '../contract/case.ts';

export async function makeSecretValue(
  aws: AwsClients,
  Name: string,
  value: Record<string, string>,
): Promise<void> {
  await aws
    .client(SecretsManagerClient, recovery)
    .send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(value) }));
}

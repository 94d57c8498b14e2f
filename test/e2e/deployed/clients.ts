import { type AwsClientOptions, createAwsClients } from '../../../shared/aws/aws-clients.ts';
import type { AwsClients, ClientConstructor } from '../../../shared/aws/clients.ts';
import { credentials } from '../servers/python.ts';
import type { Place } from './call-aws.ts';

const known = new Map<string, AwsClients>();

/** A client made as Lifeboat makes its own, aimed at an emulator, or at AWS when there is no address. */
export function clientOf<C extends { destroy(): void }>(Client: ClientConstructor<C>, place: Place): C {
  const { endpoint, region } = place;
  const key = `${endpoint} ${region}`;
  const options: AwsClientOptions = {
    primary: region,
    recovery: region,
    ...(endpoint !== undefined && {
      endpoint,
      credentials: {
        accessKeyId: credentials.AWS_ACCESS_KEY_ID,
        secretAccessKey: credentials.AWS_SECRET_ACCESS_KEY,
      },
    }),
  };
  const clients = known.get(key) ?? createAwsClients(options);
  known.set(key, clients);
  return clients.client(Client, region);
}

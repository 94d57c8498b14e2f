/**
 * Takes the place of the SDK's chain of credential providers in the bundles. A Lambda function gets the credentials of
 * its role in the environment and never looks elsewhere; the chain's other members (profiles, single sign-on, instance
 * metadata) would only make every function larger and slower to start.
 */
import { fromEnv } from '@aws-sdk/credential-provider-env';

/** The form that the SDK's clients ask for: options in, a provider out. Lambda renews the variables by itself. */
export const defaultProvider = () => fromEnv();

import { dialectOf } from '../../../shared/sql/dialects/dialects.ts';

/** A version of an engine that RDS offers. */
export function versionOf(engine: string | undefined): string {
  if (engine === 'mariadb') return '10.11.8';
  if (engine === 'docdb') return '5.0.0';
  if (engine === 'neptune') return '1.4.5.0';
  return engine?.includes('mysql') ? '8.0.39' : '16.4';
}

/** Where an engine listens when nobody says it. */
export const portOf = (engine: string | undefined): number => dialectOf(engine ?? 'postgres')?.port ?? 5432;

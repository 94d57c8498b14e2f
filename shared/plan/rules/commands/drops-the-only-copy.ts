import { commandRule } from '../commands.ts';

export const dropsTheOnlyCopy = commandRule({
  id: 'drops-the-only-copy',
  severity: 'error',
  reason:
    'What is dropped before its replacement has been looked at is lost when the backup turns out to be no good.',
  mistakes: [
    {
      pattern: /\bDROP\s+(?:DATABASE|SCHEMA)\b/i,
      message: 'The database is dropped before anything has shown that there is another',
      mend: 'Restore beside it into a new database, look at it, then swap the names and keep the old one.',
    },
    {
      pattern:
        /\b(?:TRUNCATE(?:\s+TABLE)?\s+(?!ON\b)["\w]|DROP\s+TABLE\b|DELETE\s+FROM\s+[\w."]+\s*(?:;|$|["']))/i,
      message: 'The rows are gone before anything has shown that there are others',
      mend: 'Restore into a new database, look at it, then swap the names; a table that is to go is renamed first.',
    },
    {
      // Letters may stand together, as in -vc; those with a value of their own, such as -Fc, are something else.
      pattern: /\bpg_restore\b[^|;&]*\s(?:--clean|-[1aeOsvx]*c[1aeOsvx]*)\b/,
      message: 'pg_restore --clean drops what is there before it restores',
      mend: 'Restore into a new database, look at it, then swap the names.',
    },
    {
      pattern: /\baws\s+sqs\s+purge-queue\b/,
      message: 'What waits in the queue is gone, whether it was work or damage',
      mend: 'Stop what takes it (lambda.switch-event-source, ecs.scale-service) and look at it; a message that harms goes to the dead-letter queue.',
    },
    {
      pattern:
        /\baws\s+s3\s+(?:rm\b[^|;&]*--recursive|rb\b[^|;&]*--force|sync\b[^|;&]*--delete\b)|\baws\s+dynamodb\s+delete-table\b|\baws\s+efs\s+delete-file-system\b|\baws\s+ec2\s+delete-volume\b|\bkubectl\s+delete\s+(?:pvc|pv|persistentvolume(?:claim)?s?)\b|\bmongorestore\b[^|;&]*--drop\b/,
      message: 'It is deleted before anything has shown that there is another',
      mend: 'Restore beside it under another name, look at it, then point the application there and keep the old one.',
    },
    {
      pattern: /\bdropdb\b/,
      message: 'The database is dropped before anything has shown that there is another',
      mend: 'Restore beside it into a new database, look at it, then swap the names and keep the old one.',
    },
  ],
});

/**
 * What people ask for and there is no action for, on purpose: why, and what to do instead. `validate` says it where a
 * plan names one, and the reference lists them.
 */
export const withheldKinds: readonly { name: string; named: RegExp; why: string; instead: string }[] = [
  {
    name: 'sqs.purge',
    named: /^sqs\.(?:purge|delete|empty)/,
    why: 'what waits in a queue is the only copy of it, whether it is work or damage',
    instead:
      'Stop what takes it (lambda.switch-event-source, ecs.scale-service) and look at it; a message that harms goes to the dead-letter queue, and comes back with sqs.redrive.',
  },
];

import { commandRule } from '../commands.ts';

export const trafficByCommand = commandRule({
  id: 'traffic-by-command',
  severity: 'error',
  reason:
    'A record that is changed by a typed command is out of sight: nothing sees to it that there is capacity behind it, and nothing can take it back.',
  // A request is a step of its own, and looked at like other switches.
  about: ({ placed }) => placed?.step.do !== 'http.request',
  mistakes: [
    {
      pattern:
        /\baws\s+route53\s+change-resource-record-sets\b|\bapi\.cloudflare\.com\/\S*\/dns_records\b|\b(?:flarectl\s+dns|cli53\s+(?:rrc|rrcreate|rrd)|gcloud\s+dns\s+record-sets|az\s+network\s+dns\s+record-set)\b/,
      message: 'Users are moved by a command, which no rule about the order can see',
      mend: 'Use route53.failover, or route53.upsert for a record of its own, after a check of the recovery side.',
    },
  ],
});

import type { Problem } from './finding.ts';
import type { CheckContext, LintRule } from './lint-rule.ts';
import { ambiguousSchedule } from './rules/ambiguous-schedule.ts';
import { approvalLongerThanRto } from './rules/approval-longer-than-rto.ts';
import { approvalTooShort } from './rules/approval-too-short.ts';
import { asksTheLostRegion } from './rules/asks-the-lost-region.ts';
import { audienceTooLarge } from './rules/audience-too-large.ts';
import { backupLostWithRegion } from './rules/backup-lost-with-region.ts';
import { backupMissesRpo } from './rules/backup-misses-rpo.ts';
import { backupNeverMade } from './rules/backup-never-made.ts';
import { checkBackupSteps } from './rules/backup-steps.ts';
import { checkBackups } from './rules/backups.ts';
import { viewByDefault } from './rules/by-default.ts';
import { checkCalendar } from './rules/calendar.ts';
import { capacityNotChecked } from './rules/capacity-not-checked.ts';
import { clusterOutOfReach } from './rules/cluster-out-of-reach.ts';
import { commandTopology } from './rules/command-topology.ts';
import { commandRules } from './rules/commands/all.ts';
import { checkComponents } from './rules/components.ts';
import { conflictingDeadlines } from './rules/conflicting-deadlines.ts';
import { dataLeftBehind } from './rules/data-left-behind.ts';
import { dateShell } from './rules/date-shell.ts';
import { decidersShareTopic } from './rules/deciders-share-topic.ts';
import { doesNotHealItself } from './rules/does-not-heal-itself.ts';
import { drillInProduction } from './rules/drill-in-production.ts';
import { dryRunBeforeTests } from './rules/dry-run-before-tests.ts';
import { engineNotSpoken } from './rules/engine-not-spoken.ts';
import { evidenceAfterChange } from './rules/evidence-after-change.ts';
import { execAfterScaleToZero } from './rules/exec-after-scale-to-zero.ts';
import { checkExpressions } from './rules/expressions.ts';
import { fixedMoment } from './rules/fixed-moment.ts';
import { checkFollowUps } from './rules/follow-ups.ts';
import { literalRdsSnapshot } from './rules/literal-rds-snapshot.ts';
import { littleTimeLeft } from './rules/little-time-left.ts';
import { liveKeysInATest } from './rules/live-keys-in-a-test.ts';
import { longTtl } from './rules/long-ttl.ts';
import { newestAfterDamage } from './rules/newest-after-damage.ts';
import { noCheckAfterSwitch } from './rules/no-check-after-switch.ts';
import { noFailback } from './rules/no-failback.ts';
import { checkParameters } from './rules/parameters.ts';
import { phasesExceedRto } from './rules/phases-exceed-rto.ts';
import { placeholder } from './rules/placeholder.ts';
import { portsDisagree } from './rules/ports-disagree.ts';
import { probeInAnotherLanguage } from './rules/probe-in-another-language.ts';
import { recordsNotKept } from './rules/records-not-kept.ts';
import { redriveUnchecked } from './rules/redrive-unchecked.ts';
import { checkReferences } from './rules/references.ts';
import { regulatorNotTold } from './rules/regulator-not-told.ts';
import { rehearsalWithoutData } from './rules/rehearsal-without-data.ts';
import { restoreWithoutFence } from './rules/restore-without-fence.ts';
import { restoredAndUnused } from './rules/restored-and-unused.ts';
import { riskNobodyAccepted } from './rules/risk-nobody-accepted.ts';
import { sameSignals } from './rules/same-signals.ts';
import { secretAfterPods } from './rules/secret-after-pods.ts';
import { secretBeforeReplacement } from './rules/secret-before-replacement.ts';
import { serviceInATemplate } from './rules/service-in-a-template.ts';
import { settingLeftBehind } from './rules/setting-left-behind.ts';
import { severityInATemplate } from './rules/severity-in-a-template.ts';
import { severityTooLow } from './rules/severity-too-low.ts';
import { signalInTheLostRegion } from './rules/signal-in-the-lost-region.ts';
import { signalOpensNothing } from './rules/signal-opens-nothing.ts';
import { silentMetric } from './rules/silent-metric.ts';
import { standbyTakesUsersEarly } from './rules/standby-takes-users-early.ts';
import { standbyTooSmall } from './rules/standby-too-small.ts';
import { podsBeforeNodes, startsBeforeItsDatabase } from './rules/starts-before.ts';
import { statusPageMovesAlong } from './rules/status-page-moves-along.ts';
import { checkSteps } from './rules/steps.ts';
import { stopsTooLate } from './rules/stops-too-late.ts';
import { swapWithoutCheck } from './rules/swap-without-check.ts';
import { switchWithoutUndo } from './rules/switch-without-undo.ts';
import { checkTemplates } from './rules/templates.ts';
import { tooManySnapshots } from './rules/too-many-snapshots.ts';
import { trafficBeforeReadiness } from './rules/traffic-before-readiness.ts';
import { checkTriggers } from './rules/triggers.ts';
import { uncheckedClaim } from './rules/unchecked-claim.ts';
import { unusedStandby } from './rules/unused-standby.ts';
import { usEast1ControlPlane } from './rules/us-east-1-control-plane.ts';
import { usWest2ControlPlane } from './rules/us-west-2-control-plane.ts';
import { writerNotProven } from './rules/writer-not-proven.ts';
import { zeroRpo } from './rules/zero-rpo.ts';
import { viewScenarios } from './scenario-view.ts';

export const lintRules: readonly LintRule[] = [
  trafficBeforeReadiness,
  standbyTakesUsersEarly,
  standbyTooSmall,
  restoreWithoutFence,
  riskNobodyAccepted,
  dataLeftBehind,
  restoredAndUnused,
  startsBeforeItsDatabase,
  podsBeforeNodes,
  secretAfterPods,
  approvalLongerThanRto,
  approvalTooShort,
  decidersShareTopic,
  audienceTooLarge,
  phasesExceedRto,
  usEast1ControlPlane,
  usWest2ControlPlane,
  literalRdsSnapshot,
  newestAfterDamage,
  dateShell,
  fixedMoment,
  noFailback,
  longTtl,
  silentMetric,
  noCheckAfterSwitch,
  writerNotProven,
  clusterOutOfReach,
  redriveUnchecked,
  swapWithoutCheck,
  switchWithoutUndo,
  settingLeftBehind,
  evidenceAfterChange,
  stopsTooLate,
  regulatorNotTold,
  recordsNotKept,
  secretBeforeReplacement,
  asksTheLostRegion,
  signalInTheLostRegion,
  signalOpensNothing,
  sameSignals,
  doesNotHealItself,
  conflictingDeadlines,
  portsDisagree,
  severityTooLow,
  statusPageMovesAlong,
  uncheckedClaim,
  severityInATemplate,
  serviceInATemplate,
  zeroRpo,
  unusedStandby,
  drillInProduction,
  liveKeysInATest,
  dryRunBeforeTests,
  execAfterScaleToZero,
  engineNotSpoken,
  probeInAnotherLanguage,
  rehearsalWithoutData,
  littleTimeLeft,
  backupMissesRpo,
  backupNeverMade,
  backupLostWithRegion,
  tooManySnapshots,
  capacityNotChecked,
  placeholder,
  ambiguousSchedule,
  commandTopology,
  ...commandRules,
];

/** References between elements that have to hold; the schema can't see them. */
const checks = [
  checkReferences,
  checkBackups,
  checkBackupSteps,
  checkCalendar,
  checkFollowUps,
  checkComponents,
  checkTriggers,
  checkSteps,
  checkParameters,
  checkExpressions,
  checkTemplates,
];

/** Everything that is wrong between the elements of a plan that is right in itself. */
export function crossCheck(context: Omit<CheckContext, 'scenarios'>): Problem[] {
  const full: CheckContext = { ...context, scenarios: viewScenarios(context.plan, context.actions) };
  const byDefault: CheckContext = { ...full, scenarios: full.scenarios.map(viewByDefault) };
  return [...checks.flatMap(check => check(full)), ...lintRules.flatMap(rule => rule.check(byDefault))];
}

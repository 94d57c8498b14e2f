import type { Problem } from '../finding.ts';
import type { LintRule } from '../lint-rule.ts';
import { type PlacedText, textsIn } from './texts.ts';

/** What only a check of this very run could know. */
const claims: readonly RegExp[] = [
  /\b(?:verified|validated|double-checked)\b/i,
  /\b(?:integrity|consistency|data|backups?|balances?)\b[^.!?]{0,40}\b(?:confirmed|checked|intact|complete|consistent|safe|uncorrupted)\b/i,
  /\b(?:confirmed|checked)\b[^.!?]{0,40}\b(?:integrity|consistency|data|balances?)\b/i,
  /\b(?:no|zero|without(?: any)?) (?:data|transactions?|purchases?|orders?|payments?|records?)(?: (?:was|were|has been|have been|is|are|went))? ?(?:lost|loss|missing|corrupted)\b/i,
  /\b(?:all|every) (?:systems?|services?|components?|checks?)\b[^.!?]{0,20}\b(?:operational|healthy|working|restored|passed)\b/i,
  /\bfully (?:operational|restored|recovered|functional)\b/i,
];
/** What makes of a claim something that is still to come, a condition, or its opposite. */
const notYet =
  /\b(?:not|never|nobody|nothing is|cannot|can't|isn't|aren't|hasn't|haven't|until|unless|once|if|when|whether|being|please|to be|will be|must be|should be|may be|yet)\b/i;

export const uncheckedClaim: LintRule = {
  id: 'unchecked-claim',
  severity: 'warning',
  reason: 'A template says it in every run, also in the one in which nobody has checked it.',
  check: context =>
    [
      ...textsIn(context.plan.templates, ['templates']),
      ...context.scenarios.flatMap(view =>
        view.steps
          .filter(({ step }) => step.do === 'notify.send')
          .flatMap(({ step, path }) => textsIn(step.with.fields, [...path, 'with', 'fields'])),
      ),
    ].flatMap(problemsOf),
};

function problemsOf({ text, path }: PlacedText): Problem[] {
  const [find] = sentencesOf(text).flatMap(sentence => claimIn(sentence) ?? []);
  if (find === undefined) return [];
  return [
    {
      rule: uncheckedClaim.id,
      severity: 'warning',
      path,
      find,
      message: `"${find.slice(0, 60)}" is said whether or not a check of the run has shown it`,
      mend: 'Make it the title of a check in a phase of stage "verify", and write ${message.checkTitles}, which names those that passed in this run; ${message.dataLoss} says what loss was measured.',
    },
  ];
}

/** Sentences and lines; what announces a list that the run fills in is none. */
function sentencesOf(text: string): string[] {
  return text
    .replaceAll(/[^\n.!?]*:[ \t]*\n*[ \t]*(?:- )?\$\{[^}]*\}/g, '')
    .split(/[\n.!?]+/)
    .filter(sentence => !sentence.includes('${message.check'));
}

function claimIn(sentence: string): string | undefined {
  if (notYet.test(sentence)) return undefined;
  return claims.map(claim => claim.exec(sentence)?.[0]).find(found => found !== undefined);
}

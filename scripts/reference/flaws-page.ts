import { lintRules } from '../../shared/plan/cross-check.ts';
import { agBotkit } from '../../test/plan/flaws/ag-botkit.ts';
import { allFlaws } from '../../test/plan/flaws/all.ts';
import { crossCutting } from '../../test/plan/flaws/cross-cutting.ts';
import type { Flaw, Found, Met } from '../../test/plan/flaws/flaw.ts';
import { fusionBitcoinBridge } from '../../test/plan/flaws/fusion-bitcoin-bridge.ts';
import { liquidAbt } from '../../test/plan/flaws/liquid-abt.ts';
import { tradingBot } from '../../test/plan/flaws/trading-bot.ts';
import { waqiti } from '../../test/plan/flaws/waqiti.ts';
import { cell, table } from './markdown.ts';

const head = `# Flaws of recovery plans

Five recovery documents that teams really had were read as an expert reads them. These are the ${allFlaws.length} flaws that were in
them, in our own words; comments in the plans under \`plans/\` and in the code name them by number, such as X-19. Numbers
such as LA-084 are rows of a system's \`requirements.md\`.

- *found*: what \`validate\` says of a plan that commits the flaw; [Findings of validate](lint-rules.md) has every rule.
- *can't be written*: the language has no words for it, and \`validate\` refuses the attempt with that rule.
- *met*: no reading of the plan shows it, so it is met when nothing has been changed yet, or shown by every run.

This page is made by \`scripts/write-reference.ts\` from the table that \`test/plan/flaws.test.ts\` goes through: each flaw is put
into a small plan that is right otherwise, in several ways, and has to be found in its line.
`;

const groups: [title: string, flaws: readonly Flaw[]][] = [
  ['In several documents', crossCutting],
  ['LIQUID ABT', liquidAbt],
  ['ag-botkit', agBotkit],
  ['Fusion Bitcoin Bridge', fusionBitcoinBridge],
  ['AI Crypto Trading Bot', tradingBot],
  ['Waqiti', waqiti],
];

/** The page that explains the numbers of flaws and says what answers each. */
export function flawsPage(): string {
  return [head, ...groups.map(([title, flaws]) => `## ${title}\n\n${tableOf(flaws)}`)].join('\n');
}

/** The numbers of the flaws that a rule stands against, such as `X-01`. */
export function numbersOf(rule: string): string[] {
  return allFlaws
    .filter(({ found = [], refused = [] }) => [...found, ...refused].some(each => each.rule === rule))
    .map(({ number }) => nameOf(number));
}

const nameOf = (number: number) => `X-${String(number).padStart(2, '0')}`;

function tableOf(flaws: readonly Flaw[]): string {
  return table(
    ['number', 'flaw', 'answer'],
    flaws.map(({ number, flaw, found, refused, met }) => [
      nameOf(number),
      cell(flaw),
      [
        ...(found ? [`found: ${rules(found)}`] : []),
        ...(refused ? [`can't be written: ${rules(refused)}`] : []),
        ...(met ? [`met: ${met.map(told).join('; ')}`] : []),
      ].join('. '),
    ]),
  );
}

const headed = new Set(lintRules.map(({ id }) => id));

function rules(all: readonly Found[]): string {
  return all
    .map(({ rule }) => (headed.has(rule) ? `[${rule}](lint-rules.md#${rule})` : `\`${rule}\``))
    .join(', ');
}

const told = ({ how, test }: Met) => `${cell(how)} (\`${test}\`)`;

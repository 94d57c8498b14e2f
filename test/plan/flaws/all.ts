import { agBotkit } from './ag-botkit.ts';
import { crossCutting } from './cross-cutting.ts';
import type { Flaw } from './flaw.ts';
import { fusionBitcoinBridge } from './fusion-bitcoin-bridge.ts';
import { liquidAbt } from './liquid-abt.ts';
import { tradingBot } from './trading-bot.ts';
import { waqiti } from './waqiti.ts';

/** All of them, in the order of their numbers. */
export const allFlaws: readonly Flaw[] = [
  ...crossCutting,
  ...liquidAbt,
  ...agBotkit,
  ...fusionBitcoinBridge,
  ...tradingBot,
  ...waqiti,
];

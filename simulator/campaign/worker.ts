import { parentPort, workerData } from 'node:worker_threads';
import { type CampaignPlan, runSeed } from './one-run.ts';

/** A thread of a campaign: it has a clock of its own, so it rehearses one seed at a time, as they are sent. */
const plans = workerData as CampaignPlan[];
parentPort?.on('message', async (seed: number) => {
  parentPort?.postMessage(await runSeed(plans, seed));
});

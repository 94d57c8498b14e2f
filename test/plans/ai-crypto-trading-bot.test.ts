import { rehearsesWell } from './support.ts';

rehearsesWell('ai-crypto-trading-bot');

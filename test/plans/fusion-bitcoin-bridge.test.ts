import { rehearsesWell } from './support.ts';

rehearsesWell('fusion-bitcoin-bridge');

import { rehearsesWell } from './support.ts';

rehearsesWell('ticket-shop', 'examples');
rehearsesWell('river-gauges', 'examples');
rehearsesWell('permit-desk', 'examples');
rehearsesWell('van-tracker', 'examples');
rehearsesWell('tool-library', 'examples');
rehearsesWell('trail-guide', 'examples');

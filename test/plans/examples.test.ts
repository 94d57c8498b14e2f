import { rehearsesWell } from './support.ts';

rehearsesWell('ticket-shop', 'examples');

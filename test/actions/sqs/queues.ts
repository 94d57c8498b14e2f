/** A queue of orders with its dead letters, and what takes its messages, in the recovery region. */
const region = 'ap-southeast-4';

export const components = {
  work: { type: 'event-source-mapping', region, uuid: 'a1b2-c3d4', enabled: false },
  orders: {
    type: 'sqs-queue',
    region,
    name: 'orders',
    deadLetters: 'failed',
    takenBy: 'work',
    waiting: 0,
  },
  failed: { type: 'sqs-queue', region, name: 'orders-failed', waiting: 120 },
};

export const arn = (name: string) => `arn:aws:sqs:${region}:123456789012:${name}`;

import middy from '@middy/core';

/**
 * A Lambda handler. Its time limit is left to Lambda, which ends the process: the machines know that error
 * (`Sandbox.Timedout`) and repeat the call. Middy would answer a moment earlier, with an error that nothing retries, and
 * leave the call that is under way to go on in the next event's time.
 */
export function takeEvent<Event, Reply>(handle: (event: Event) => Promise<Reply>) {
  return middy(handle, { timeoutEarlyInMillis: 0 });
}

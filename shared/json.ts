/** A JSON value: everything that crosses a state machine, the record store or an event bus is one. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** A JSON object. */
export type JsonObject = { [key: string]: Json };

/** Ends a text with a full stop unless it ends with a mark already. */
export const sentence = (text: string) => (/[.!?:…]$/.test(text) ? text : `${text}.`);

/** What an API server answers: an HTTP status and a JSON text. */
export type KubernetesReply = { status: number; text: string };

/** The `Status` object of a refusal. */
export function status(code: number, message: string): object {
  return { apiVersion: 'v1', kind: 'Status', status: 'Failure', message, code };
}

export function reply(code: number, body: object): KubernetesReply {
  return { status: code, text: JSON.stringify(body) };
}

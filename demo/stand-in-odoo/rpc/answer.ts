/** What the protocols answer with. */
export type StandInAnswer = { status: number; headers: Record<string, string>; body: string };

export function jsonAnswer(status: number, value: unknown): StandInAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(value),
  };
}

export function htmlAnswer(status: number, text: string): StandInAnswer {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: `<!DOCTYPE html>\n<title>${status}</title>\n<p>${text}</p>\n`,
  };
}

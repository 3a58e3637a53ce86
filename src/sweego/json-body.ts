/**
 * The JSON value in a body, or undefined when there is none. A byte order mark is passed over and broken
 * UTF-8 becomes U+FFFD: one odd character in a subject must not hide a bounce.
 *
 * The reason of a failure is left out on purpose: V8 quotes the text in it.
 */
export function readJson(body: Uint8Array): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8').decode(body)) as unknown };
  } catch {
    return undefined;
  }
}

/**
 * The mail server whose secret verified a webhook. Its options apply. Undefined when a secret of the environment verified
 * it, because that belongs to no server.
 *
 * @param secretId for example `server:3:inbound:2`
 */
export function findServer<Server extends { id: number }>(
  servers: readonly Server[],
  secretId: string,
): Server | undefined {
  return servers.find(({ id }) => secretId.startsWith(`server:${id}:`));
}

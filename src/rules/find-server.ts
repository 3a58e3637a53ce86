/**
 * The mail server whose secret verified a webhook: its options count. Undefined where a secret of the
 * environment did, which belongs to no server.
 *
 * @param secretId for example `server:3:inbound:2`
 */
export function findServer<Server extends { id: number }>(
  servers: readonly Server[],
  secretId: string,
): Server | undefined {
  return servers.find(({ id }) => secretId.startsWith(`server:${id}:`));
}

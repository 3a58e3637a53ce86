import { randomInt } from 'node:crypto';
import type { Inbox, NewRequest } from '../inbox.ts';
import { createPutQueue } from '../put-queue.ts';
import { countSlots, joinBytes, storableText } from './parameters.ts';
import type { Session } from './session.ts';

/** How many bytes of bodies share a commit, give or take the last one: it is one message to the server. */
const maxGroupBytes = 16 * 1024 * 1024;

/** Ids are drawn after sorting, so they ascend as the requests do. */
const insertRequests = `
  WITH stored AS (
    INSERT INTO request (direction, webhook_id, secret_id, received_at, body)
    SELECT direction, webhook_id, secret_id, received_at, substring($5::bytea FROM start FOR length)
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $6::integer[], $7::integer[])
      WITH ORDINALITY AS one (direction, webhook_id, secret_id, received_at, start, length, place)
    ORDER BY place
    RETURNING id
  ), queued AS (
    INSERT INTO unadmitted (request_id) SELECT id FROM stored
  ), counted AS (
    UPDATE unadmitted_count SET requests = requests + cardinality($1) WHERE slot = $8
  )
  SELECT id FROM stored ORDER BY id`;

/**
 * Appends requests in groups: those that arrive within one turn of the event loop, or during the previous commit, are
 * committed together, so that many requests share one fsync and one round trip to the server.
 *
 * A group whose connection breaks is sent once more. If it was stored the first time all the same, the second copy is a
 * duplicate.
 *
 * @param onStored called once after each commit
 * @returns `put` of the contract, and `drain`, which resolves when no put is under way
 */
export function putOperations(
  session: Session,
  onStored: () => void,
): { put: Inbox['put']; drain: () => Promise<void> } {
  const slot = randomInt(countSlots - 1);

  async function store(requests: readonly NewRequest[]): Promise<number[]> {
    const bodies = joinBytes(requests.map(({ body }) => body));
    const rows = await session.writeRepeatable(insertRequests, [
      requests.map(({ kind }) => kind),
      requests.map(({ requestKey }) => storableText(requestKey)),
      requests.map(({ secretId }) => storableText(secretId)),
      requests.map(({ receivedAt }) => receivedAt.getTime()),
      bodies.all,
      bodies.starts,
      bodies.lengths,
      slot,
    ]);
    return rows.map((row) => row['id'] as number);
  }

  return createPutQueue({ gatherUpTo: 1, countFitting, store, onStored });
}

/** At least one. */
function countFitting(requests: readonly NewRequest[]): number {
  let bytes = 0;
  const last = requests.findIndex(({ body }) => {
    bytes += body.byteLength;
    return bytes >= maxGroupBytes;
  });
  return last === -1 ? requests.length : last + 1;
}

/** Largest body that counts as small, bytes: a delivery event has about 1 kB, a reply without files some 10 kB. */
const smallBodyBytes = 65_536;

/** Memory for the bodies of all requests under way. */
export type BodyBudget = {
  /** @param announcedBytes Content-Length; undefined for a chunked body */
  openShare(announcedBytes: number | undefined): BodyShare;
};

/** What one request has taken. */
export type BodyShare = {
  /** Takes so many bytes more. False, and nothing taken, when they are not free. */
  take(sizeBytes: number): boolean;
  /** Gives back all of it, once the body is needed no more; may be called again. */
  giveBack(): void;
};

/**
 * Bounds what the bodies of all requests together may take, since a body has to be in memory before its
 * signature can be checked: without it, some dozens of strangers who each send 40 MB end the process.
 *
 * Small bodies have a part of their own, so that nobody who fills the rest, or announces large bodies and
 * never sends them, keeps ordinary webhooks out.
 */
export function createBodyBudget(limits: { smallBytes: number; largeBytes: number }): BodyBudget {
  const small = { freeBytes: limits.smallBytes };
  const large = { freeBytes: limits.largeBytes };
  return {
    openShare(announcedBytes) {
      const part = announcedBytes !== undefined && announcedBytes <= smallBodyBytes ? small : large;
      let takenBytes = 0;
      return {
        take(sizeBytes) {
          if (sizeBytes > part.freeBytes) return false;
          part.freeBytes -= sizeBytes;
          takenBytes += sizeBytes;
          return true;
        },
        giveBack() {
          part.freeBytes += takenBytes;
          takenBytes = 0;
        },
      };
    },
  };
}

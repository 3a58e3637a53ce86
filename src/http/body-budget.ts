/** Largest small body, bytes: a delivery event has about 1 kB, a reply without files about 10 kB. */
const smallBodyBytes = 65_536;

/** The memory for the bodies of all current requests. */
export type BodyBudget = {
  /** @param announcedBytes Content-Length; undefined for a chunked body */
  openShare(announcedBytes: number | undefined): BodyShare;
};

/** The memory that one request uses. */
export type BodyShare = {
  /** Takes this many bytes more. When they are not free, takes nothing and returns false. */
  take(sizeBytes: number): boolean;
  /** Releases all of it when the body is no longer needed; may be called again. */
  release(): void;
};

/**
 * Limits the memory for the bodies of all requests together. A body must be in memory before its signature can be
 * checked, so without a limit some dozens of strangers who each send 40 MB would crash the process.
 *
 * Small bodies have their own part. A stranger who fills the other part, or announces large bodies and never sends them,
 * does not block ordinary webhooks.
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
        release() {
          part.freeBytes += takenBytes;
          takenBytes = 0;
        },
      };
    },
  };
}

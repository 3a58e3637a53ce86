/** Tells an entry at which Odoo fails from an Odoo that fails at whatever it is given. */
export type Suspects = {
  /**
   * To be told of an entry that failed alone, right after Odoo had answered a probe.
   *
   * @returns whether the entry is to blame: no other one has failed alone since Odoo took something
   */
  accuse(entryId: number): boolean;
  /** Odoo has written something. */
  acquit(): void;
};

/**
 * An answer such as an HTML 500 can be one entry's fault. When a second entry fails alone as well before Odoo has
 * taken anything, it is Odoo's: its disk may be full, or its database read-only, and a probe, which only reads,
 * then succeeds. Nobody is to blame from then on.
 */
export function createSuspects(): Suspects {
  const accused = new Set<number>();
  return {
    accuse(entryId) {
      if (accused.size < 2) accused.add(entryId);
      return accused.size === 1;
    },
    acquit: () => accused.clear(),
  };
}

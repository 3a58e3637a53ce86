/** Finds out whether one entry makes Odoo fail, or whether Odoo fails at every entry. */
export type Suspects = {
  /**
   * Call it when an entry failed alone, right after Odoo answered a probe.
   *
   * @returns whether the entry is at fault: no other entry failed alone since Odoo last accepted a change
   */
  accuse(entryId: number): boolean;
  /** Call it when Odoo accepted a change. */
  acquit(): void;
};

/**
 * One entry alone can cause an answer such as an HTML 500. When a second entry fails alone too, and Odoo accepted no
 * change in between, Odoo is at fault: its disk may be full or its database read-only. A probe still succeeds then,
 * because it only reads. From then on no entry is at fault, until Odoo accepts a change.
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

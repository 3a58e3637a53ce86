/** Rows of `unadmitted_count`. The last one is admission's; every opened inbox adds to one of the others. */
export const countSlots = 64;

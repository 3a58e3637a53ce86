/** A person or a list that a mail names. */
export type Mailbox = {
  /** Display name, decoded; `''` when there is none. */
  name: string;
  /** Bare address as written: its case is kept. */
  address: string;
};

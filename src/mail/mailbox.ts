/** A person or a list that a mail names. */
export type Mailbox = {
  /** Display name, decoded; `''` when there is none. */
  name: string;
  /** The bare address as written. Its case is kept. */
  address: string;
};

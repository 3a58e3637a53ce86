/** A message of Odoo's that a mail may answer. The names are those of the action `route`. */
export type KnownMessage = {
  message_id: string;
  model: string | null;
  res_id: number | null;
  /** Its document exists and has a chatter. */
  is_there: boolean;
  /** A note for employees. */
  is_internal: boolean;
};

/** What Odoo knows about the clues of a mail, as the action `route` answers. */
export type RouteKnowledge = {
  recipients: readonly {
    address: string;
    kind: 'alias' | 'catchall' | 'bounce';
    model: string | null;
    thread_id: number | null;
  }[];
  messages: readonly KnownMessage[];
  wire_ids: readonly { wire_id: string; message_id: string }[];
  /** One for each token, in order. */
  documents: readonly {
    model: string | null;
    id: number;
    is_there: boolean;
    /** Newest of its messages that went to the sender by mail. */
    newest_mailed: KnownMessage | null;
    /** Newest of its internal notes. */
    newest_note: KnownMessage | null;
  }[];
  internal_senders: readonly string[];
};

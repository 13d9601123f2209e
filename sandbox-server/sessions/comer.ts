// Where the student of a lab comes from, as far as that decides who waits for whom. No address is
// written to disk.

export interface Comer {
  /** What `networkKey` makes of the address; null where it is not known, as after a restart of the server. */
  readonly network: string | null;
  /** Has done a task here before. */
  readonly known: boolean;
  /** Was let in by the operator's invite. */
  readonly invited: boolean;
}

export const unknownComer: Comer = { network: null, known: false, invited: false };

/** The network that a lab counts for. Null where it counts for none: its student is known, or their network is not. */
export function countedFor({ known, network }: Comer): string | null {
  return known ? null : network;
}

// Where the student of a lab comes from, as far as it decides who waits for whom. In memory alone: no address is written down.

export interface Comer {
  /** What `networkKey` makes of the address; null where it is not known, as after a restart of the server. */
  readonly network: string | null;
  /** Has done a task here before. */
  readonly known: boolean;
  /** Was let in by the operator's invite. */
  readonly invited: boolean;
}

export const unknownComer: Comer = { network: null, known: false, invited: false };

/** The network that a lab counts for; null where it counts for none: its student is known, or nobody knows where they are. */
export function countedFor({ known, network }: Comer): string | null {
  return known ? null : network;
}

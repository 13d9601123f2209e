// A layer that stays where it is made, as its thread is told of it: apart, since jobs of others name it too.

/** A layer that a step of a build makes by itself, in the store's own directory. */
export interface OwnLayer {
  /** The upper directory of an overlay, with owners as layers have them: it becomes the layer. */
  readonly own: string;
  /** As in `LayerJob`. */
  readonly file: string;
  readonly maxBytes: number;
}

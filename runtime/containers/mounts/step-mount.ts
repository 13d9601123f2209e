// A mount of a step of a build, as `RUN --mount` asks for it.

interface Target {
  /** Absolute, in the container. */
  readonly destination: string;
}

export type StepMount = Target &
  (
    | {
        readonly kind: 'layers';
        /** Names of unpacked layers, base first. */
        readonly layers: readonly string[];
        /** What of it is mounted, absolute. */
        readonly source: string;
        /** What is written is gone with the step. */
        readonly readOnly: boolean;
      }
    /** A directory of the engine's, whose files are the host's. */
    | { readonly kind: 'directory'; readonly path: string; readonly source: string; readonly readOnly: boolean }
    /** A file that is on no disk. */
    | {
        readonly kind: 'secret';
        readonly content: Uint8Array;
        readonly uid: number;
        readonly gid: number;
        readonly mode: number;
      }
    /** A socket that the engine listens at, on tmpfs. */
    | { readonly kind: 'socket'; readonly path: string }
    | { readonly kind: 'tmpfs'; readonly options: string }
  );

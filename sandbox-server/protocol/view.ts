// The message with one host's engine view, and its parts. Imports nothing, so that the site may import it whole.

/**
 * One host's Docker as a picture shows it; told on every change (within 500 ms). What is used is looked at every 2 s, and less
 * often while nothing happens in the lab.
 */
export interface View {
  readonly type: 'view';
  /** The lab's name of the host. */
  readonly host: string;
  readonly images: readonly ViewImage[];
  readonly containers: readonly ViewContainer[];
  readonly networks: readonly ViewNetwork[];
  readonly volumes: readonly ViewVolume[];
  readonly memory: { readonly usedBytes: number; readonly limitBytes: number };
  readonly machine: ViewMachine | null;
  /** The Linux version that the host and all its containers share. */
  readonly kernel: string;
  /** More was there than is told (50 images, 50 containers, 20 networks, 20 volumes). */
  readonly more: boolean;
}
export interface ViewImage {
  /** `sha256:…` */
  readonly id: string;
  readonly tags: readonly string[];
  readonly size: number;
  /** The base first. */
  readonly layers: readonly ViewLayer[];
}
export interface ViewLayer {
  /** The first 12 digits of the layer's digest; empty for a step that adds no files. Images that share it name the same. */
  readonly id: string;
  /** The instruction that made it, short: `RUN install nginx`. */
  readonly made: string;
  readonly size: number;
}
export interface ViewContainer {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  /** The image's id. */
  readonly imageId: string;
  readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
  readonly exitCode: number | null;
  readonly command: string;
  /** RFC 3339; of the last start or end, whichever came later. */
  readonly since: string;
  /** From its creation to its program's start; null where it was started later, or never. */
  readonly readyMs: number | null;
  readonly ports: readonly { readonly host: number; readonly container: number; readonly protocol: 'tcp' | 'udp' }[];
  /** What it has written to its own layer. */
  readonly ownLayer: { readonly files: number; readonly bytes: number };
  readonly memoryBytes: number;
  /** How many processes and threads it has: what its limit counts. */
  readonly pids: number;
  /** What it may use; 0 for no limit. */
  readonly limits: { readonly memoryBytes: number; readonly cpus: number; readonly pids: number };
  /** What its health check says; null where it has none. */
  readonly health: 'starting' | 'healthy' | 'unhealthy' | null;
  /** How often its restart policy has started it again. */
  readonly restarts: number;
  /** The kernel ended its last run for want of memory. */
  readonly oomKilled: boolean;
  /** Directories and files of the host that are mounted in it. */
  readonly binds: readonly { readonly source: string; readonly at: string; readonly readOnly: boolean }[];
  /** `pid` as the host numbers it, `inside` as its container does. */
  readonly processes: readonly { readonly pid: number; readonly inside: number; readonly command: string }[];
}
export interface ViewNetwork {
  readonly name: string;
  readonly driver: string;
  readonly subnet: string;
  /** Nothing leads out of it. */
  readonly internal: boolean;
  /** The running containers on it; `names` are what they are called there beside their own name. */
  readonly members: readonly {
    readonly container: string;
    readonly address: string;
    readonly names: readonly string[];
  }[];
}
export interface ViewVolume {
  /** Of one that was made without a name, its 64 digits. */
  readonly name: string;
  /** Every container that has it mounted, running or not, and where. */
  readonly users: readonly { readonly container: string; readonly at: string; readonly readOnly: boolean }[];
}
/** The lab's virtual machine, measured. */
export interface ViewMachine {
  readonly state: 'off' | 'booting' | 'ready';
  /** `kvm`, or `tcg`: emulated. */
  readonly accelerator: string;
  /** From its start to its shell; null until then. */
  readonly readyMs: number | null;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** `6.12.57-…`, its own; empty until it has said so. */
  readonly kernel: string;
}

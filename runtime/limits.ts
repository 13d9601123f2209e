// Every bound of the engine, each with its unit and its reason. Nothing in the engine is unbounded.

/** A JSON body of the API. The largest real one, a container create, is under 16 KiB. */
export const maxJsonBodyBytes = 1024 * 1024;
/** SECURITY.md D10: objects of one host. */
export const maxContainersPerHost = 50;
export const maxExecsPerHost = 100;
export const maxTerminalsPerHost = 12;
/** One stdin packet: conmon's attach socket reads at most 32 KiB (conmon `CONN_SOCK_BUF_SIZE`). */
export const maxAttachPacketBytes = 32 * 1024;
/** A container's log, after which conmon starts it anew (SECURITY.md D09). */
export const maxLogBytes = 10 * 1024 * 1024;
/** What a terminal keeps in memory for a client that comes back; a screen is about 10 KiB, a long build log 200 KiB. */
export const maxTerminalReplayBytes = 256 * 1024;
/** Output of a command that a check runs in the workspace; beyond it the rest is dropped and `truncated` says so. */
export const maxCommandOutputBytes = 256 * 1024;
/** Events that one host remembers for `docker events --since`, as in moby (`daemon/events`: 256). */
export const maxEventsPerHost = 256;
/** What a container that asks for nothing gets, of its host's own limit. SECURITY.md section 3. */
export const maxPidsPerContainer = 256;
/** What one host may read and write on the store's disk: a student who copies in a loop leaves some for the class. */
export const hostIoBytesPerSecond = 200 * 1024 * 1024;
/** How much sooner the kernel kills a process of a host than one of the machine when memory is short (proc(5), `oom_score_adj`). */
export const leastOomScore = 100;
/** Names of containers and hosts: moby's own has no limit, a DNS label has 63. */
export const maxNameLength = 63;
/** OCI manifest: containerd and distribution both stop at 4 MiB. */
export const maxManifestBytes = 4 * 1024 * 1024;
/** overlayfs takes more, moby stops at 127 (`layer.MaxLayerDepth`: 125). */
export const maxLayers = 127;
/** SECURITY.md B05. */
export const maxLayerEntries = 1_000_000;
/** A layer of the catalogue, unpacked. The workspace's has 0.4 GB. */
export const maxCatalogueLayerBytes = 4 * 1024 * 1024 * 1024;
/** The `filters` of a query: real ones are a few hundred bytes. SECURITY.md D10, "filters bomb". */
export const maxFiltersBytes = 16 * 1024;
/** Connections to one host's Docker socket: a busy CLI has 4, compose a handful for each service. Further ones are closed. */
export const maxConnectionsPerHost = 256;
/** What may wait for a client that reads events slower than they come; then it is cut off. */
export const maxEventBacklogBytes = 1024 * 1024;
/** A line of a log is told in pieces of this size, as moby's copier does (`defaultBufSize`). */
export const maxLogLineBytes = 16 * 1024;
/** A command of the engine's own API: its stdin travels in the body. */
export const maxCommandBodyBytes = 4 * 1024 * 1024;
/** What one host may have in images and their names; a lesson uses about ten. */
export const maxImagesPerHost = 200;
export const maxReferencesPerHost = 500;
/** What one host may bring in with `docker load` and `docker import`, unpacked: layers are shared by all, so no quota counts them. */
export const maxBroughtBytesPerHost = 2 * 1024 * 1024 * 1024;
/** Files in an archive for `docker load`: a manifest, and for each layer up to three. */
export const maxLoadEntries = 2000;
/** How many loads, imports and pulls one host may have under way. */
export const maxTransfersPerHost = 4;
/** How soon it is noticed that a client is gone which had ended its input: `docker run` ends it at once, and may be killed. */
export const goneClientCheckMs = 2000;
/** How long the rest of a refused body is read and dropped, before the answer is given all the same. */
export const maxDropMs = 5000;

// Every bound of the engine, each with its unit and its reason. Nothing in the engine is unbounded.

/** A JSON body of the API. The largest real one, a container create, is under 16 KiB. */
export const maxJsonBodyBytes = 1024 * 1024;
/** Values in one JSON body, and lists in lists: a create of compose has about 300. Parsing and checking 20,000 takes 15 ms. */
export const maxJsonValues = 20_000;
export const maxJsonDepth = 32;
/** The path of a request, decoded: an image's name has at most 383 characters. */
export const maxPathLength = 2048;
/** Labels of a container or an image, names and values together; those of a dev container have several KiB. Each list and event repeats them. */
export const maxLabelBytes = 64 * 1024;
export const maxLabels = 1000;
/** Command, entrypoint and environment of a container: as for an exec. Each is told by inspect and stored at each change. */
export const maxCommandCharacters = 256 * 1024;
export const maxCommandWords = 4096;
/** Ports that a container exposes, and what they are bound to: `-p 8000-8999` is a thousand. */
export const maxPortsPerContainer = 1024;
export const maxBindingsPerContainer = 2048;
/** Of the other lists of a container: there are 41 capabilities and 15 ulimits; a resolver reads 3 servers. */
export const maxUlimits = 32;
export const maxCapabilities = 64;
export const maxMountsPerContainer = 64;
export const maxResolverEntries = 64;
export const maxExtraHosts = 256;
export const maxGroups = 64;
export const maxEndpoints = 32;
/** Connections that read the events of one host: a page, a test and a tool have one each. All are served at each event. */
export const maxEventStreamsPerHost = 32;
/** Large JSON bodies of one host that are read at once: each takes up to 1 MiB. */
export const maxBodiesPerHost = 4;
/** A JSON body below this is read at once with any number of others. */
export const smallBodyBytes = 16 * 1024;
/** How long a client may take to send a JSON body, or to read an answer: real ones take milliseconds. */
export const maxTransferMs = 60_000;
/** Requests that a client may send before it has read the answer to the first; real ones send none. */
export const maxPipelinedRequests = 8;
/** What the answers hold together that one host's clients have not read: then its next requests wait. */
export const maxUnreadBytesPerHost = 4 * 1024 * 1024;
/** How long they wait for that. */
export const maxUnreadWaitMs = 10_000;
/** A larger answer is written in pieces of this size, each when the one before was taken. */
export const answerPieceBytes = 64 * 1024;
/** Lists of one host that are being sent at once: each fills its socket, 0.2 MB, before it waits for its reader. */
export const maxListsPerHost = 32;
/** How long a request waits for its host's turn on the loop: only a host that floods waits for more than a moment. */
export const maxTurnWaitMs = 60_000;
/** Time of the loop that a host which was quiet may use at once: `compose up` of 20 services takes about 500 ms. */
export const turnBurstMs = 1500;
/** The share of the loop's time that those may use together who used up their burst: what others do must find the loop free. */
export const turnShare = 0.4;
/** Starts of processes (start, exec) under way: of one host, and of all. Each forks conmon and crun, on machines of few cores. */
export const maxStartsPerHost = 2;
export const maxStarts = 16;
/** SECURITY.md D10: objects of one host. */
export const maxContainersPerHost = 50;
export const maxExecsPerHost = 100;
/** Network namespaces of one host: of its workspace, of each container, and as many for a student's own `unshare --net`. */
export const maxNetworkNamespacesPerHost = 2 * maxContainersPerHost + 1;
/** Command and environment of one exec, which the engine remembers until well after its end. The kernel takes 128 KiB in one word. */
export const maxExecInputCharacters = 256 * 1024;
export const maxTerminalsPerHost = 12;
/** Pseudo-terminals of the workspace, with those of tmux and the like; and of a container: its own, and of each `exec -t`. */
export const maxTerminalsInWorkspace = 64;
export const maxTerminalsPerContainer = 16;
/**
 * Of the machine's terminals (kernel.pty): those that are kept for what the engine mounts, enough for ten hosts that take all of
 * theirs beside a class with some each; and all, with what is left for others as Linux has it by default (4,096 less 1,024).
 */
export const reservedTerminals = 12_288;
export const machineTerminals = reservedTerminals + 3_072;
/**
 * Addresses on a host's own bridge that are looked for there: its gateway and its containers have the lowest ones. Each that does
 * not answer has a place in the machine's one table of neighbours for 3 seconds, from each container that looks for it.
 */
export const neighbourPrefixLength = 26;
/**
 * The table of neighbours. One host can fill 3,400 places: 62 addresses, looked for by 50 containers and the workspace, and 254 on the
 * link between hosts. This is enough for nineteen of them at once, with 30 MB.
 */
export const sharedNeighbours = 65_536;
/**
 * What a host's sockets may hold, of its memory: cgroups of version 1 count it beside that. A connection has up to 6 MB in flight,
 * and most have some KB.
 */
export const socketMemoryShare = 1 / 8;
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
/** And what those may hold together: each repeats its container's labels, of which a create request may have 1 MiB. */
export const maxEventLogBytes = 2 * 1024 * 1024;
/** How much of a process's command is told: in the events of an exec, and by `docker top`. */
export const maxToldCommandBytes = 4096;
/** The most that a container may have of its host's own limit, and what one that asks for nothing gets. SECURITY.md section 3. */
export const maxPidsPerContainer = 256;
/**
 * conmons and OCI runtimes of one host, above the processes that it may have itself: a conmon for each container, exec and
 * terminal, and three processes for each of them that is just being started.
 */
export const maxMonitorsPerHost = 256;
/** What one host may read and write on the store's disk: a student who copies in a loop leaves some for the class. */
export const hostIoBytesPerSecond = 200 * 1024 * 1024;
/** How much sooner the kernel kills a process of a host than one of the machine when memory is short (proc(5), `oom_score_adj`). */
export const leastOomScore = 100;
/** Names of hosts: a DNS label has 63. */
export const maxNameLength = 63;
/** Names of containers, in characters: moby's own has no limit, a DNS name has 255. */
export const maxContainerNameLength = 255;
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
/** And their values: each is compared with every object of the host. Compose sends three. */
export const maxFilterValues = 256;
/** A pattern of `--filter name=…`: names have 63 characters, IDs 64. */
export const maxPatternLength = 1024;
/** Its parts, once its repetitions are written out: `a{1000}` has a thousand. */
export const maxPatternStates = 4096;
/** Comparisons that the filters of one request may take: about 20 ms of the loop where the code is
 * not compiled yet, else 3. A name against 50 containers takes 5,000. */
export const maxWorkSteps = 300_000;
/** Connections to one host's Docker socket: a busy CLI has 4, compose a handful for each service. Further ones are closed. */
export const maxConnectionsPerHost = 256;
/** Connections to the engine's own API, of the server alone: one for each terminal, preview connection and watch of 500 students. */
export const maxEngineConnections = 16_384;
/** A line of a log is told in pieces of this size, as moby's copier does (`defaultBufSize`). */
export const maxLogLineBytes = 16 * 1024;
/** A command of the engine's own API: its stdin travels in the body. */
export const maxCommandBodyBytes = 4 * 1024 * 1024;
/** What one host may have in images and their names; a lesson uses about ten. */
export const maxImagesPerHost = 200;
export const maxReferencesPerHost = 500;
/** What one host may bring in with `docker load` and `docker import`, unpacked: layers are shared by all, so no quota counts them. */
export const maxBroughtBytesPerHost = 2 * 1024 * 1024 * 1024;
/** Configurations of images that one host may bring in, and that the engine keeps read for all hosts. Real ones have 3 to 20 KB. */
export const maxConfigurationBytesPerHost = 8 * 1024 * 1024;
export const maxKnownDetailsBytes = 8 * 1024 * 1024;
/** The history of an image: a step for each line of its Dockerfiles, which `docker history` shows whole. */
export const maxHistorySteps = 1000;
export const maxHistoryBytes = 1024 * 1024;
/** Names of the images in an archive. */
export const maxNamesPerArchive = 500;
/** Files in an archive for `docker load`: a manifest, and for each layer up to three. */
export const maxLoadEntries = 2000;
/** How many loads, imports and pulls one host may have under way. */
export const maxTransfersPerHost = 4;
/** How soon it is noticed that a client is gone which had ended its input: `docker run` ends it at once, and may be killed. */
export const goneClientCheckMs = 2000;
/** How long the rest of a refused body is read and dropped, before the answer is given all the same. */
export const maxDropMs = 5000;
/** Snapshots of one host: a lesson has up to about twenty tasks, and a student keeps some copies. */
export const maxSnapshotsPerHost = 40;
/** What a host and its snapshots hold together, of what the host alone may: keeping old states is no second disk without end. */
export const diskWithSnapshots = 2;
/** Hosts that are linked with each other: a lesson has up to four. */
export const maxHostsPerLink = 16;
/** A file that is read or written from outside: what an editor in a page can take. SECURITY.md C04. */
export const maxFileBytes = 1024 * 1024;
/** A file that is brought in piece by piece, none of them above `maxFileBytes`: an archive or a data set of a lesson. */
export const maxBroughtFileBytes = 20 * 1024 * 1024;
/** Entries of a folder that are listed. SECURITY.md C04; 5,000 take about 30 ms. */
export const maxListedFiles = 5_000;
/** Entries that one removal takes away: a `node_modules` may have that many; it takes about a second. */
export const maxRemovedFiles = 20_000;
/** A folder in a folder in a folder: a removal holds a descriptor for each. */
export const maxFolderDepth = 100;
/** Entries of a home that a watch looks at. */
export const maxWatchedFiles = 2_000;
/** Between two looks of a watch, which also rests twenty times as long as it took: at most a twentieth of a core. */
export const watchIntervalMs = 300;
/** Watches of one host: pages that show its files. */
export const maxWatchesPerHost = 8;
/** Requests about files that wait for their turn: of one host, and of all. They take a millisecond each. */
export const maxFileRequestsPerHost = 16;
export const maxFileRequests = 512;
/** From its turn to its end; after this the thread that does them is taken to hang, and started anew for the others. */
export const fileRequestMs = 20_000;
/** Connections into one host: browsers hold 6 for a page, and one for each WebSocket. */
export const maxDialsPerHost = 64;
/** On one machine an answer to a connect takes less than a millisecond, or somebody has forbidden it. */
export const dialTimeoutMs = 3_000;
/** Processes that the use of a host names, and `docker top`: a lesson has about twenty. */
export const maxProcessesTold = 300;
/** The command of each, as the use of a host tells it. */
export const maxCommandLength = 256;
/** How long command lines are waited for: a process may hold its own back (proc(5): reading one looks into its memory). */
export const commandLineWaitMs = 500;
/** Entries of a container's own layer that are counted: `apt-get install nginx` writes about 1,000. */
export const maxOwnLayerEntries = 2_000;
/** A count that took 50 ms is believed for a second: two-second polls of a class must not cost a core. */
export const ownLayerRestRatio = 20;

// Every bound of the engine, each with its unit and its reason. Nothing in the engine is unbounded.

/** A JSON body of the API. The largest real one, a container create, is under 16 KiB. */
export const maxJsonBodyBytes = 1024 * 1024;
/** Values in one JSON body, and lists in lists: a create of compose has about 300. Parsing and checking 20,000 takes 15 ms. */
export const maxJsonValues = 20_000;
export const maxJsonDepth = 32;
/** The path of a request, decoded: an image's name has at most 383 characters. */
export const maxPathLength = 2048;
/** Labels of a container or an image, names and values together. Each list repeats them. A dev container's have several KiB. */
export const maxLabelBytes = 64 * 1024;
export const maxLabels = 1000;
/** Command, entrypoint and environment of a container, as of an exec. Each inspect tells them, each change of state stores them. */
export const maxCommandCharacters = 256 * 1024;
export const maxCommandWords = 4096;
/** Ports that a container exposes, and what they are bound to: `-p 8000-8999` is a thousand. */
export const maxPortsPerContainer = 1024;
export const maxBindingsPerContainer = 2048;
/** The other lists of a container. Linux has 41 capabilities and 15 ulimits; a resolver reads 3 servers. */
export const maxUlimits = 32;
export const maxCapabilities = 64;
export const maxMountsPerContainer = 64;
/** The table of a workspace's mounts, of which a bind copies a part: it has 5 KiB for the 30 that are there, and may be made long. */
export const maxMountTableBytes = 64 * 1024;
/** What the binds of one container copy together: each mount takes half a KiB of the kernel's memory, and time of the OCI runtime. */
export const maxCopiedMounts = 3000;
export const maxResolverEntries = 64;
export const maxExtraHosts = 256;
/** Containers that one is linked to: as many as there may be. */
export const maxLinks = 50;
export const maxGroups = 64;
/** `--device`, `--gpus` and `--device-cgroup-rule`, and what each of them lists. */
export const maxDevices = 16;
export const maxSysctls = 64;
export const maxLogOptions = 16;
/** Characters that `docker logs --details` puts before each message: a label may be long, and messages are many. */
export const maxLogDetailsLength = 4096;
export const maxEndpoints = 32;
/** Options of a network: the bridge driver knows about 15. */
export const maxNetworkOptions = 64;
/** Connections that read the events of one host: a page, a test and a tool have one each. Each event is sent to all of them. */
export const maxEventStreamsPerHost = 32;
/** Large JSON bodies of one host that are read at once: each takes up to 1 MiB. */
export const maxBodiesPerHost = 4;
/** A JSON body below this is read at once with any number of others. */
export const smallBodyBytes = 16 * 1024;
/** How long a client may take to send a JSON body, or to read an answer: real ones take milliseconds. */
export const maxTransferMs = 60_000;
/** Requests that a client may send before it has read the answer to the first. Real clients send none. */
export const maxPipelinedRequests = 8;
/** Bytes of answers that one host's clients have not read. Above this, the host's next requests wait. */
export const maxUnreadBytesPerHost = 4 * 1024 * 1024;
/** Longest wait of a request while its host is above `maxUnreadBytesPerHost`. */
export const maxUnreadWaitMs = 10_000;
/** A larger answer is written in pieces of this size, each when the piece before was taken. */
export const answerPieceBytes = 64 * 1024;
/** Lists of one host that are being sent at once: each fills its socket, 0.2 MB, before it waits for its reader. */
export const maxListsPerHost = 32;
/** Longest wait of a request for its host's turn on the event loop. Only a host that floods waits for more than a moment. */
export const maxTurnWaitMs = 60_000;
/** Time on the event loop that a host may use as a burst: `compose up` of 20 services takes about 500 ms. */
export const turnBurstMs = 1500;
/** Share of the event loop for all hosts together that have used up their burst. The rest stays free for the others. */
export const turnShare = 0.4;
/**
 * Starts of processes (start, exec) under way: of one host, and of all. Each forks conmon and crun. More than the cores can do are no
 * faster, but wait for each other in the kernel, and the event loop with them: 16 on 2 cores held it for 40 ms (p99), 4 for 15.
 */
export const maxStartsPerHost = 2;
export const maxStarts = Math.min(16, Math.max(4, 2 * navigator.hardwareConcurrency));
/** D10: objects of one host. */
export const maxContainersPerHost = 50;
export const maxExecsPerHost = 100;
/** And the three that it has from the start. */
export const maxNetworksPerHost = 20;
/** Images of databases declare one or two each: enough for as many containers as a host may have, and those of some that are gone. */
export const maxVolumesPerHost = 2 * maxContainersPerHost;
/** A volume's name is a directory's: NAME_MAX of Linux. */
export const maxVolumeNameLength = 255;
/** Entries that are looked at to tell the size of a container or a volume; a quota allows millions, an answer within a second does not. */
export const maxSizedEntries = 50_000;
/** Network namespaces of one host: its workspace's, one for each container, and as many for a student's own `unshare --net`. */
export const maxNetworkNamespacesPerHost = 2 * maxContainersPerHost + 1;
/** Command and environment of one exec. The engine remembers them until well after its end. One word may have 128 KiB in Linux. */
export const maxExecInputCharacters = 256 * 1024;
/** What is told of what a health check wrote, of each of the last five (moby's `maxOutputLen`). */
export const maxHealthOutputBytes = 4096;
/** Between two health checks of a container, whatever is asked for: each starts a conmon and an OCI runtime. */
export const leastCheckPauseMs = 100;
export const maxTerminalsPerHost = 12;
/** Pseudo-terminals in the workspace, with those of tmux and the like. */
export const maxTerminalsInWorkspace = 64;
/** Pseudo-terminals in a container: its own, and one for each `exec -t`. */
export const maxTerminalsPerContainer = 16;
/**
 * `kernel.pty.reserve`: for terminals in hosts. Ten hosts may take all that they can, 864 each, beside a class with some in each. Each
 * terminal is 24 KiB of the kernel's memory that no cgroup counts.
 */
export const reservedTerminals = 12_288;
/** `kernel.pty.max`. The rest is for the machine's other terminals, as many as Linux has by default (4,096 less 1,024). */
export const machineTerminals = reservedTerminals + 3_072;
/**
 * Prefix of the part of a host's bridge in which addresses are resolved; the gateway and the containers have the lowest ones.
 * An address that does not answer takes a place in the machine's table of neighbours for 3 seconds, once for each container
 * that asks.
 */
export const neighbourPrefixLength = 26;
/**
 * Size of the machine's table of neighbours. One host can fill 3,400 places: 50 containers and the workspace ask for 62 addresses
 * each, and the link between hosts has 254. The table holds those of nineteen such hosts, in 30 MB.
 */
export const sharedNeighbours = 65_536;
/**
 * Of a network with IPv6, for all that have other addresses than those lowest ones: how often they may ask for a neighbour. Whoever has
 * the address remembers who asked, for 60 to 90 seconds: 200 places of the table for each network.
 */
export const otherNeighbours = { perSecond: 2, atOnce: 20 } as const;
/**
 * Memory of a host's sockets, as a share of the host's memory. Cgroups of version 1 count it separately. A connection may have up
 * to 6 MB in flight; most have some KB.
 */
export const socketMemoryShare = 1 / 8;
/** Queries of a name server that all containers of one host may send in a second: each takes the loop about 20 µs. A busy one sends 100. */
export const maxDnsQueriesPerSecond = 10_000;
/** Of one container: what waits to be read; a query over TCP, whose name has 255; connections, and how long each may be idle. */
export const dnsReceiveBytes = 64 * 1024;
export const maxDnsQueryBytes = 4096;
export const maxDnsConnections = 8;
export const maxDnsIdleMs = 10_000;
/** Queries of one container that other servers are being asked: moby takes 1,024. And as there, three servers for four seconds each. */
export const maxDnsForwarded = 256;
export const maxDnsServers = 3;
export const dnsForwardTimeoutMs = 4_000;
/** One stdin packet: conmon's attach socket reads at most 32 KiB (conmon `CONN_SOCK_BUF_SIZE`). */
export const maxAttachPacketBytes = 32 * 1024;
/** D09: size at which conmon starts a container's log anew. */
export const maxLogBytes = 10 * 1024 * 1024;
/** Output that a terminal keeps in memory for a client that reconnects: a screen is about 10 KiB, a long build log 200 KiB. */
export const maxTerminalReplayBytes = 256 * 1024;
/** Output of a command that a check runs in the workspace. The rest is dropped, and `truncated` is set. */
export const maxCommandOutputBytes = 256 * 1024;
/** Events that one host remembers for `docker events --since`, as in moby (`daemon/events`: 256). */
export const maxEventsPerHost = 256;
/** Bytes of the events that one host remembers: each repeats its container's labels, of which a create request may have 1 MiB. */
export const maxEventLogBytes = 2 * 1024 * 1024;
/** Bytes of a process's command in the events of an exec and in `docker top`. */
export const maxToldCommandBytes = 4096;
/** `--pids-limit` of a container: the most it may ask for, and its default. */
export const maxPidsPerContainer = 256;
/**
 * conmons and OCI runtimes of one host, in addition to the host's own processes: one conmon for each container, exec and
 * terminal, and three processes for each of those that is being started.
 */
export const maxMonitorsPerHost = 256;
/** Reads, and writes, of one host on the store's disk: a student who copies in a loop leaves some to others. */
export const hostIoBytesPerSecond = 200 * 1024 * 1024;
/** `oom_score_adj` of a host's processes: when memory is short, the kernel kills them before the machine's own (proc(5)). */
export const leastOomScore = 100;
/** Names of hosts: a DNS label has 63. */
export const maxNameLength = 63;
/** Names of containers, in characters: moby's own has no limit, a DNS name has 255. */
export const maxContainerNameLength = 255;
/** Names of networks, as of containers. */
export const maxNetworkNameLength = 255;
/** OCI manifest: containerd and distribution both stop at 4 MiB. */
export const maxManifestBytes = 4 * 1024 * 1024;
/** overlayfs takes more, moby stops at 127 (`layer.MaxLayerDepth`: 125). */
export const maxLayers = 127;
/** B05: entries of one layer. */
export const maxLayerEntries = 1_000_000;
/** A layer of the catalogue, unpacked. The workspace's has 0.4 GB. */
export const maxCatalogueLayerBytes = 4 * 1024 * 1024 * 1024;
/** D10: the `filters` of a query. Real ones are a few hundred bytes. */
export const maxFiltersBytes = 16 * 1024;
/** Values in the `filters` of a query: each is compared with every object of the host. Compose sends three. */
export const maxFilterValues = 256;
/** A pattern of `--filter name=…`: names have 63 characters, IDs 64. */
export const maxPatternLength = 1024;
/** States of a compiled pattern: `a{1000}` has a thousand. */
export const maxPatternStates = 4096;
/**
 * Comparisons for the filters of one request: 20 ms of the event loop before V8 has compiled the code, 3 ms after. One name
 * against 50 containers takes 5,000.
 */
export const maxWorkSteps = 300_000;
/** Connections to one host's Docker socket: a busy CLI has 4, compose a handful for each service. Further ones are closed. */
export const maxConnectionsPerHost = 256;
/** The server's connections to the engine: one for each terminal, connection of a preview and watch of 500 students. */
export const maxEngineConnections = 16_384;
/** A longer line of a log is sent in pieces of this size, as moby's copier does (`defaultBufSize`). */
export const maxLogLineBytes = 16 * 1024;
/** A command of the engine's own API: its stdin travels in the body. */
export const maxCommandBodyBytes = 4 * 1024 * 1024;
/** Images of one host; a lesson uses about ten. */
export const maxImagesPerHost = 200;
/** Names of images of one host. */
export const maxReferencesPerHost = 500;
/**
 * Unpacked bytes of the layers that one host may bring in with `docker load` and `docker import`. Hosts share layers, so no quota
 * counts them.
 */
export const maxBroughtBytesPerHost = 2 * 1024 * 1024 * 1024;
/** Image configurations that one host may bring in. Real ones have 3 to 20 KB. */
export const maxConfigurationBytesPerHost = 8 * 1024 * 1024;
/** Parsed image configurations that the engine keeps in memory, of all hosts together. */
export const maxKnownDetailsBytes = 8 * 1024 * 1024;
/** The history of an image: a step for each line of its Dockerfiles. `docker history` shows all of it. */
export const maxHistorySteps = 1000;
export const maxHistoryBytes = 1024 * 1024;
/** Names of the images in an archive. */
export const maxNamesPerArchive = 500;
/** Files in an archive for `docker load`: a manifest, and for each layer up to three. */
export const maxLoadEntries = 2000;
/** Loads, imports and pulls of one host under way. */
export const maxTransfersPerHost = 4;
/** Threads that talk to a registry at once: of one host, and of all. Each takes about 20 MB. */
export const maxRegistriesPerHost = 2;
export const maxRegistries = 32;
/** Blobs of one image that come, and that go, at once: as many as in Docker (`max-concurrent-downloads`, `-uploads`). */
export const maxBlobsComing = 3;
export const maxBlobsGoing = 5;
/** Connections of one thread to each registry and token server. */
export const maxRegistryConnections = 8;
/** Addresses of a registry's name that are looked at. */
export const maxRegistryAddresses = 16;
/** B06: redirects of one request. Go's client stops after ten; real registries have one. */
export const maxRegistryRedirects = 5;
/** Until a connection to a registry is there, and its TLS: Go's `net/http` gives the latter ten seconds. */
export const registryConnectMs = 10_000;
/** B06: how long a registry may be silent, and the span in which a blob must bring `slowBytes`. */
export const registryIdleMs = 30_000;
export const slowBytes = 32 * 1024;
/** A manifest, a configuration or a token, whole. */
export const registryDocumentMs = 60_000;
/** A pull or a push, whole: a student's pull of 2 GiB at 600 KB a second. */
export const maxRegistryTransferMs = 60 * 60 * 1000;
/** Tries of a blob without progress, as in Docker; before each the pause is longer by this (Docker's begin with five seconds). */
export const maxBlobTries = 5;
export const blobPauseMs = 1000;
/** Pushes and pulls that have ended which one host remembers, and layers of each: an image of Docker's has 127 at most. */
export const maxMovesPerHost = 24;
export const maxMovedLayers = 127;
/** Streams by which pushes, pulls and the hub are followed: a lab that somebody looks at has one. */
export const maxTrafficWatches = 4096;
/** A lab has four hosts at most. */
export const maxTrafficHosts = 8;
/** Whoever follows it is told at most so often. */
export const trafficTellingMs = 100;
/** How often a thread tells how far a blob is. */
export const registryProgressMs = 100;
/** An error, a token: distribution's are under 4 KiB. */
export const maxRegistryErrorBytes = 64 * 1024;
/** Images in one index; those of Docker's own have about twenty. */
export const maxManifestsPerIndex = 500;
/** Results of a search, as moby has it. */
export const maxSearchResults = 100;
/** Archives that are read out of containers or written into them at once: of one host, and of all. Each has a thread, of 20 MB. */
export const maxArchivesPerHost = 4;
export const maxArchives = 16;
/** What of an archive is between a thread and its client: enough that neither waits for the other's every piece. */
export const archiveWindowBytes = 2 * 1024 * 1024;
/** A client that neither sends nor takes anything of an archive for so long is cut off: others wait for its place. */
export const maxArchiveStallMs = 60_000;
/** How long the start or removal of a container waits for archives of its files to be done, before it ends them. */
export const maxArchiveWaitMs = 10_000;
/** How often we check that a client which closed its input is still there: `docker run` closes it at once, and may be killed. */
export const goneClientCheckMs = 2000;
/** How long the rest of a refused body is read and dropped before the answer is sent all the same. */
export const maxDropMs = 5000;
/** Snapshots of one host: a lesson has up to about twenty tasks, and a student keeps some copies. */
export const maxSnapshotsPerHost = 40;
/** Disk of a host together with its snapshots, as a multiple of the host's own quota. */
export const diskWithSnapshots = 2;
/** Hosts that are linked with each other: a lesson has up to four. */
export const maxHostsPerLink = 16;
/** C04: a file that is read or written from outside, as large as an editor in a page can take. */
export const maxFileBytes = 1024 * 1024;
/** A file that is uploaded in pieces of `maxFileBytes` at most: an archive or a data set of a lesson. */
export const maxBroughtFileBytes = 20 * 1024 * 1024;
/** C04: entries of one listed folder; 5,000 take about 30 ms. */
export const maxListedFiles = 5_000;
/** Entries that one removal may remove: a `node_modules` may have that many. It takes about a second. */
export const maxRemovedFiles = 20_000;
/** Depth of folders in a removal, which holds a descriptor for each. */
export const maxFolderDepth = 100;
/** Entries of a home that a watch looks at. */
export const maxWatchedFiles = 2_000;
/** Between two looks of a watch. It also rests for twenty times as long as the look took: at most a twentieth of a core. */
export const watchIntervalMs = 300;
/** Watches of one host: pages that show its files. */
export const maxWatchesPerHost = 8;
/** Requests about files in the queue: of one host, and of all. Each takes a millisecond. */
export const maxFileRequestsPerHost = 16;
export const maxFileRequests = 512;
/** Time for one request about files. After this its thread counts as hung, and is started again for the others. */
export const fileRequestMs = 20_000;
/** Connections into one host: browsers hold 6 for a page, and one for each WebSocket. */
export const maxDialsPerHost = 64;
/** On one machine a connect is answered in less than a millisecond, unless a firewall drops it. */
export const dialTimeoutMs = 3_000;
/** From one container to another there is no network but the host's own bridges: what takes longer is filtered, or nobody's. */
export const tryConnectionMs = 500;
/** A container's /etc/hosts, which its student may write to: Docker's has ten lines. */
export const maxHostsFileBytes = 64 * 1024;
/** A file of a container or volume that is looked at from outside. What a lesson asks for is text of some lines. */
export const maxLookedFileBytes = 256 * 1024;
/** Looking for a text in an image: of each file, of all, and of how many. What a lesson's students build is far below it. */
export const maxSearchedFileBytes = 8 * 1024 * 1024;
export const maxSearchedBytes = 128 * 1024 * 1024;
export const maxSearchedFiles = 20_000;
/** What was found is remembered, as no image changes: for so many images and texts. */
export const maxSearchesKept = 1000;
/** Processes in the usage of a host and in `docker top`: a lesson has about twenty. */
export const maxProcessesTold = 300;
/** Characters of each process's command in the usage of a host. */
export const maxCommandLength = 256;
/** Longest wait for command lines: reading one reads the process's memory, which the process can block (proc(5)). */
export const commandLineWaitMs = 500;
/** Entries of a container's own layer that are counted: `apt-get install nginx` writes about 1,000. */
export const maxOwnLayerEntries = 2_000;
/** A count is reused for this many times the time that it took: a class that polls every two seconds must not cost a core. */
export const ownLayerRestRatio = 20;
/** Connections to one host's API over TCP whose client has not shown its certificate yet: compose opens a handful at once. */
export const maxHandshakesPerHost = 64;
/** How long a client may take for that: on one machine it takes milliseconds. */
export const tlsHandshakeMs = 10_000;
/** A connection that is idle for so long is asked whether its client is still there, as Go does it. */
export const tlsKeepAliveMs = 15_000;
/** Connections of one host to its proxy: a browser has 6 for a page, npm some 15. */
export const maxEgressConnectionsPerHost = 64;
/** The same of a host that reaches all of the internet: an `apt-get upgrade` has ten, a crawler as many as it may. */
export const maxEgressConnectionsInAll = 1024;
/** What a host may fetch, and send, in a second: with 30 students, a line of some gigabits. */
export const egressBytesPerSecond = 8 * 1024 * 1024;
/** How long connecting to a server may take; how many of its addresses are tried; how long a connection may be silent. */
export const egressConnectMs = 10_000;
export const maxEgressAddresses = 3;
export const egressIdleMs = 5 * 60_000;
/** How long sshd may take to listen. */
export const sshdStartMs = 10_000;
/** Repository names of the registry: distribution's own limit; tags have 128 characters by the specification. */
export const maxRepositoryNameLength = 255;
/** Of one namespace, and of one repository. A row of each is small; a list of all of them must stay so too. */
export const maxRepositoriesPerNamespace = 500;
export const maxTagsPerRepository = 5000;
export const maxStoredManifestsPerRepository = 10_000;
/** What a namespace holds where nobody has said otherwise: some tens of images. A blob that several repositories have counts once. */
export const defaultNamespaceBytes = 4 * 1024 * 1024 * 1024;
/** Of one namespace: blobs, each as often as a repository has it; manifests; tags. To look at so many with each push takes 4 ms. */
export const maxRowsPerNamespace = 20_000;
/** All manifests of one namespace: they are in the tables, on the machine's own disk. A usual one has 2 KiB. */
export const maxManifestBytesPerNamespace = 256 * 1024 * 1024;
/** Layers, children and other blobs that one manifest names: those of images have 127 at most, artifacts may have more. */
export const maxDescriptors = 1000;
/** Tags that one request gives to a manifest; the specification wants ten or more. */
export const maxTagParameters = 50;
/** Open uploads: a push of docker has five, so these are many pushes at once. What nobody has touched for so long is removed. */
export const maxUploadsPerNamespace = 100;
export const maxUploadIdleMs = 2 * 60 * 60 * 1000;
/** How long a blob that no manifest names is kept: a push sends all blobs first, and the manifest may come an hour later. */
export const blobGraceMs = 60 * 60 * 1000;
/** The same of a blob that a manifest has named since it was sent or asked for: another push may be about to name it too. */
export const namedBlobGraceMs = 5 * 60 * 1000;
/** After something was deleted the registry is collected: so soon, and not more often than that. */
export const collectSoonMs = 1000;
export const collectAgainMs = 10_000;
/** Rows that a collection looks at before others have the event loop: about a millisecond. */
export const collectionSliceRows = 200;
/** How often the registry is collected. */
export const collectionPauseMs = 10 * 60 * 1000;
/** Of a repository and of a namespace, what a lab's checks and its picture look at; a lesson has one repository with three tags. */
export const maxLookedAtTags = 100;
export const maxLookedAtRepositories = 30;
/** Of all manifests that one look reads, while nobody else has the event loop: Docker's have under 10 KiB each. */
export const maxLookedAtManifestBytes = 256 * 1024;
/** Repositories that a catalogue looks at before others have the event loop: some forty microseconds each. */
export const catalogSliceRows = 50;
/** Repositories, manifests and tags of a lab's namespace that a snapshot of its hosts keeps the names of; a lesson has ten. */
export const maxKeptEntries = 1000;
/** Names on one page of tags or repositories, and what is on it where the request says nothing. */
export const maxPageEntries = 1000;
/** One page of referrers: each tells its manifest's annotations. */
export const maxReferrersBytes = 256 * 1024;
/**
 * Manifests and pages of referrers beyond this size are in memory as they come and go: so many at once, of one host or address and in
 * all, and for so long.
 */
export const largeDocumentBytes = 64 * 1024;
export const maxLargeDocumentsPerShare = 4;
export const maxLargeDocuments = 24;
export const leastLargeDocuments = 1;
export const largeDocumentMs = 3 * 60_000;
/** Repositories that are looked at for a blob that is mounted from anywhere. */
export const maxMountSources = 100;
/**
 * Bodies of uploads that are written, and blobs that are sent, at once: for one account or host, and for all. Each takes the loop
 * 0.1 ms for each piece of 64 KiB, and a MiB of memory. A client has five.
 */
export const maxRegistryStreamsPerShare = 24;
export const maxRegistryStreams = 256;
/** Of one account or host, whatever others have: a dozen of them that send or read a byte now and then could have all. */
export const leastRegistryStreams = 2;
/** Files that are brought to the disk at once: each takes one of Node's four threads for as long as the disk takes. */
export const maxRegistrySyncs = 2;
/** The same of pieces of uploads that are written, and of blobs that are read to be sent: a disk may take its time for them. */
export const maxRegistryWrites = 2;
export const maxRegistryReads = 2;
/** What one turn of the event loop takes of all uploads: about a millisecond and a half. */
export const uploadTurnBytes = 512 * 1024;
/** What a namespace may send at once, and after that in a second. What the docker command of a host pushes comes from its own disk. */
export const uploadBurstBytes = 512 * 1024 * 1024;
export const uploadBytesPerSecond = 32 * 1024 * 1024;
/** What an upload gathers before it is written: one write is under way while the next is gathered. */
export const uploadPieceBytes = 512 * 1024;
/**
 * Uploads leave so much of the disk to others: hosts that write, and the registry's own tables, without which nothing could be deleted.
 * It is looked at each time that so many bytes have come.
 */
export const leastFreeBytes = 64 * 1024 * 1024;
export const freeCheckBytes = 1024 * 1024;
/** What is read of a blob at once while it is sent. */
export const sendPieceBytes = 512 * 1024;
/** A client that neither sends nor takes anything for so long is cut off. */
export const registryClientIdleMs = 60_000;
/** Events of each action (push, pull, delete, …) that are remembered: each row has about 200 bytes. */
export const maxEventsPerAction = 25_000;
/** Events that a search looks at before others have the event loop: some milliseconds. */
export const auditSliceRows = 5_000;
/** What one answer tells of them. */
export const maxEventsPerAnswer = 1_000;
/** Days of which it is known how often a repository was pulled: a row of 60 bytes each. */
export const pullDays = 30;
/** Accounts of the hub, those of labs among them: a row of each has about 200 bytes. */
export const maxAccounts = 50_000;
export const maxAccountNameLength = 40;
export const minPasswordCharacters = 8;
export const maxPasswordCharacters = 128;
/** Passwords that are hashed at once, each with 19 MiB for 45 ms in one of the four threads of Node's pool; and those that wait for it. */
export const maxPasswordsAtOnce = 2;
export const maxPasswordsWaiting = 64;
/** Of one account. */
export const maxAccessTokens = 50;
export const maxTokenLabelLength = 80;
export const maxNamespacesPerAccount = 20;
export const maxMembers = 100;
/** How often it is written down that an access token is used. */
export const lastUseMs = 60_000;
/** Sources and accounts whose wrong passwords are remembered: some 200 bytes each. */
export const maxGuessKeys = 20_000;
/** Of one request for a token: a push that mounts asks for two. */
export const maxScopes = 40;
export const maxScopeLength = 400;
export const maxScopeActions = 10;
/** Docker's own token servers give five minutes. */
export const bearerTokenMs = 5 * 60_000;
/** `docker login` keeps one instead of the password: a term, and some holidays. */
export const refreshTokenMs = 180 * 24 * 60 * 60_000;
export const maxSigningKeys = 20;
/** Names and passwords that were right, so that a push by a client that sends both each time is not 45 ms a request. */
export const maxRememberedLogins = 2_000;
export const rememberedLoginMs = 5 * 60_000;
/** Sources and accounts whose pulls are counted, where there is a limit. */
export const maxPullCounts = 20_000;
/** How long a limit of pulls holds that somebody tries out: longer than one tries, and soon over for whoever forgets it. */
export const pullPracticeMs = 5 * 60_000;
/** The body of `POST /token`: a refresh token has under 1 KiB, scopes 400 bytes each. */
export const maxTokenRequestBytes = 32 * 1024;
/** How long a client of the hub waits for an image of the catalogue that has to be built: docker waits for a header as long as it takes, proxies a minute. */
export const officialBuildWaitMs = 30_000;
/** A configuration up to this size is parsed on the loop, in a millisecond or two; a larger one in a thread. */
export const maxInlineConfigurationBytes = 128 * 1024;
/** Connections of one host's programs to the hub: skopeo has six, and a student's script may run several. */
export const maxHubConnectionsPerHost = 32;
/** How long a client of the hub may take to send a request's head, and keep a connection on which it asks nothing. */
export const hubHeadersMs = 10_000;
export const hubKeepAliveMs = 15_000;
/** Connections by which the site's server passes on what comes from outside: it has bounds of its own for each address. */
export const maxHubConnectionsOfSite = 300;
/** Repositories that a search looks at whether they may be told of: a fiftieth of a millisecond each. */
export const maxSearchedRepositories = 300;
/** `${a:-${b:-…}}` in a Dockerfile: real ones are two deep. Each level is a few calls on the engine's stack. */
export const maxSubstitutionDepth = 100;
/** One value of a Dockerfile, or one file that is written in it, with its variables put in. */
export const maxExpandedCharacters = 256 * 1024;
/** Characters and comparisons that one Dockerfile takes where that grows faster than it: 50 ms. Real ones take 100,000. */
export const maxExpansionWork = 2_500_000;
/** A Dockerfile. Docker's own examples have 3 KiB, the largest that are written by programs 200 KiB. */
export const maxDockerfileBytes = 512 * 1024;
/** Instructions of one Dockerfile: one has 30 mostly. Each becomes a step of the build, a line of the history, or both. */
export const maxStatements = 2000;
/** Words of one instruction: files to copy, or three for each variable. An image of a language sets 20 variables in one. */
export const maxStatementWords = 5_000;
/** Flags of one instruction: a RUN has five mounts, a COPY ten patterns of what it leaves out. */
export const maxStatementFlags = 200;
/** Words and flags of all of them: three or four of each. */
export const maxDockerfileWords = 40_000;
export const maxDockerfileFlags = 4000;
/** Heredocs of one instruction: one or two. */
export const maxHeredocs = 100;
/** Warnings of one Dockerfile. Each is a line that the client prints. */
export const maxLintWarnings = 1000;
/** Patterns of one `.dockerignore`: 20 mostly. The client compares each of its files with each of them. */
export const maxIgnorePatterns = 2000;
/** Stages of one Dockerfile: five or ten. Each begins with a copy of what its base has. */
export const maxStages = 500;
/** What one answer for the hub's pages holds: repositories, tags, events; layers and steps of an image; images of an index; referrers. */
export const maxShownRepositories = 30;
export const maxShownTags = 25;
export const maxShownEvents = 50;
export const maxShownSteps = 500;
export const maxShownChildren = 100;
export const maxShownReferrers = 50;
/** Manifests larger than this are not looked into for the pages: those of images have under 20 KiB. */
export const maxShownManifestBytes = 256 * 1024;
/** Manifests of which it is remembered what they hold: some 300 bytes each. */
export const maxSeenManifests = 2_000;
/** Packages of one image: a desktop of Debian has 3,000. */
export const maxImagePackages = 10_000;
/** dpkg's lists of them, of one layer: a desktop's have 4 MiB. */
export const maxStatusBytes = 16 * 1024 * 1024;
/** How long looking into one image may take: 4 GiB of layers that are not unpacked take half a minute. */
export const lookIntoImageMs = 180_000;
/** One that took longer is followed by a rest: an image of 100 MB takes less, where nothing of it is unpacked. */
export const longLookMs = 2_000;
/** Images that wait to be looked into; more are looked for in the tables when these are done. */
export const maxWaitingImages = 1000;
/** SBOMs that the hub has pushed, of one namespace: 500 bytes for each package of an image. They count in no quota. */
export const maxSbomBytesPerNamespace = 64 * 1024 * 1024;
/** How long whoever asks what is in an image may wait for it. */
export const maxContentsWaitMs = 30_000;
/** Webhooks of one namespace; their addresses, and the names that their owners give them. */
export const maxWebhooksPerNamespace = 10;
export const maxWebhookUrlLength = 500;
export const maxWebhookNameLength = 80;
/** Deliveries of a webhook that are kept, those that wait among them: a row has under 2 KB. */
export const maxDeliveriesPerWebhook = 100;
/** After each try that failed; when all are used up, it is given up: two and a half hours after the event. */
export const webhookPausesMs: readonly number[] = [10_000, 60_000, 5 * 60_000, 30 * 60_000, 2 * 60 * 60_000];
/** Until the answer to a delivery is there, and what of its body is looked at. */
export const webhookTimeoutMs = 10_000;
export const maxWebhookAnswerBytes = 1024;
/** Deliveries under way, one of a namespace at a time; and the pause after each, so that a push in a loop is no flood. */
export const maxDeliveriesAtOnce = 8;
export const webhookPaceMs = 100;
/** How long the thread that delivers is kept with nothing to do. */
export const webhookThreadIdleMs = 30_000;
/** How long a tag that was fetched from another registry is taken for what it is there: docker's users know that tags move, and wait. */
export const tagFreshMs = 60_000;
/** What a mirror answers 404 to is not asked again for so long; so many such answers are remembered. */
export const unknownMs = 30_000;
export const maxUnknown = 1_000;
/** How long a registry that does not answer is left alone, and the longest that one which says when it may be asked is. */
export const mirrorAwayMs = 10_000;
export const maxMirrorPauseMs = 6 * 60 * 60_000;
/** Threads that fetch, of one mirror and of all; each goes when it had nothing to do for so long. */
export const maxFetchersPerMirror = 6;
export const maxFetchers = 12;
export const fetcherIdleMs = 2_000;
/** Manifests that one host, account or address has the machine ask a mirror for, in so long: a student's script is no flood there. */
export const maxFetchesPerAsker = 200;
export const fetchesWindowMs = 10 * 60_000;
export const maxFetchAskers = 5_000;
/** How often it is written down that a fetched image is used. */
export const keptUseMs = 60_000;
/** The file that names mirrors, and one with a password. */
export const maxMirrorsFileBytes = 64 * 1024;
export const maxMirrors = 50;
export const maxPasswordFileBytes = 4 * 1024;
/** A feed of known vulnerabilities: Debian's tracker and OSV's zip have tens of megabytes. */
export const maxFeedBytes = 1024 * 1024 * 1024;
/** What it says of one package in one release, each; Debian's tracker has 250,000. */
export const maxAdvisories = 5_000_000;
export const maxDescriptionLength = 300;
/** How long reading a feed, or the lists of Debian's packages, may take: seconds. */
export const readKnownMs = 10 * 60_000;
/** How often we look whether such files have changed, where somebody asks. */
export const knownCheckMs = 1000;
/** Packages, or source packages, that are looked up before others have the event loop: a few milliseconds. */
export const lookUpSlice = 100;
/** Vulnerabilities that one answer tells of; the kernel's headers alone may have a thousand. */
export const maxToldVulnerabilities = 2000;
/** One message of a client that builds: a Dockerfile, or the definition of another build's result. BuildKit takes 16 MiB. */
export const maxBuildMessageBytes = 16 * 1024 * 1024;
/** The same of a request that asks for something: its options are a command's. It is kept until the build ends. */
export const maxBuildRequestBytes = 2 * 1024 * 1024;
/** Fields of one message, those of messages in it among them: a build with 200 arguments has 600. To parse so many takes 10 ms. */
export const maxBuildMessageFields = 20_000;
/** What a call says of its end. The error of a Dockerfile has the Dockerfile in it, in base64. */
export const maxBuildTrailerBytes = 4 * 1024 * 1024;
/** What messages that have come in part take, of all clients of one host that build: as BuildKit's largest, three times. */
export const maxBuildMessagesBytes = 48 * 1024 * 1024;
/** Calls on one connection at once: buildx has about 5, compose 5 for each service. */
export const maxBuildStreams = 100;
/** Connections of clients that build, of one host: a build has three when it begins, and then two. Each takes 0.1 MB. */
export const maxBuildConnections = 128;
/** Calls under way on all of them. */
export const maxBuildCalls = 500;
/** What a client calls its build: buildx has 25 characters. */
export const maxBuildRefCharacters = 200;
/** What one build is asked to work out: buildx asks once for each platform. */
export const maxResultsPerBuild = 32;
/** What a client's session says of an error. */
export const maxToldErrorCharacters = 16 * 1024;
/**
 * Sessions of clients that build, of one host at once: more than `maxBuilds`, since clients do not say why a session is refused, as they
 * do of a build.
 */
export const maxBuildSessions = 48;
/** How often a client that builds is asked whether it is there, as BuildKit does; three times as long for its answer. */
export const sessionCheckMs = 5000;
/** How long a build waits for the session that it names: real ones come within milliseconds. */
export const sessionWaitMs = 5000;
/** Output of one step that is kept and sent, as in BuildKit. */
export const maxStepLogBytes = 2 * 1024 * 1024;
/** Builds of one host at once, each with its progress in memory. compose builds all services of a project at once. */
export const maxBuilds = 32;
/** Events of one build's progress: a step has about 5, and the rest is its output, line by line. */
export const maxProgressEvents = 20_000;
/** What the progress of one host's builds takes, also of those that have ended; and what of it is left to steps when it comes to output. */
export const maxProgressBytes = 64 * 1024 * 1024;
export const progressReserveBytes = 16 * 1024 * 1024;
/** What an event takes beside its texts. */
export const progressEventBytes = 500;
/** What a client may send to a build: files, and their names, as long as Linux takes them. A list of 40,000 is gone through in 20 ms. */
export const maxContextEntries = 40_000;
/** How many files of clients one build may look at, in all its instructions: `COPY . .` looks at each once. */
export const maxContextLooks = 2_000_000;
/** What of stages one build may look at, to know again what was made of it: 50,000 small files take 2 s, to copy them takes 6. */
export const maxStageLooks = 50_000;
export const maxStageLookBytes = 1024 * 1024 * 1024;
export const maxContextPathBytes = 4096;
/** The same of all of them, and of what links lead to: 20,000 of node_modules have 1.5 MB. */
export const maxContextNameBytes = 16 * 1024 * 1024;
export const maxContextDepth = 100;
/** What the builds of one host keep of their steps, so that the next one need not do them again. */
export const maxStepCacheBytes = 1024 * 1024 * 1024;
export const maxStepCacheEntries = 500;
/** Images that they have begun with and that are no images of the host: what is remembered of them, and of how large ones. Few configurations have 10 KB. */
export const maxRememberedBases = 50;
export const maxRememberedBaseBytes = 64 * 1024;
/** Conditions of one look at them: `--filter` takes one or two. */
export const maxUsageConditions = 64;
/** Directories of clients whose last state is kept, for their next builds. */
export const maxKeptContexts = 8;
/** Files of a client that come at once: BuildKit's clients send four. */
export const maxOpenContextFiles = 32;
/** A file of a client below this is written when it has come whole. */
export const smallContextFileBytes = 64 * 1024;
/** What one build may be sent. The host's disk bounds it as well. */
export const maxContextBytes = 1024 * 1024 * 1024;
/** How long fetching one file or repository for a build may take, and how long its server may be silent. */
export const maxFetchMs = 10 * 60_000;
export const fetchIdleMs = 60_000;
/** As in Go's HTTP client, which BuildKit fetches by. */
export const maxFetchRedirects = 10;
/** What git says where it fails, and a remote's list of references that have one name. */
export const maxGitSaidBytes = 64 * 1024;
/** A secret of a build, as BuildKit has it. */
export const maxSecretBytes = 500 * 1024;
/** Steps of one host's builds that run at once, beside its containers: others wait for these. */
export const maxStepsAtOnce = 16;
/** Caches of RUN --mount that one host keeps. */
export const maxCacheMounts = 64;
/** Connections of one step to its client's SSH agent at once. */
export const maxAgentConnections = 16;
/** Lines of a build that is to say nothing, for its client to see where it fails. */
export const maxHeldBuild = { lines: 10_000, characters: 2 * 1024 * 1024 };
/** Commands without a layer that the classic builder of a host has done, and tells so: 64 bytes each. */
export const maxSeenCommands = 2000;
/** Builds that have ended which one host remembers, and what is told of each: 100 steps, with names of 160 characters, have 40 KB. */
export const maxBuildsRemembered = 20;
export const maxStepsTold = 100;
export const maxToldName = 160;
export const maxWarningsTold = 50;
/** Builds of one host whose progress is still told after their end: it may be 20,000 events, mostly it is 50. */
export const maxEndedBuilds = 4;
/** The host in which the catalogue is built: enough for two installations of packages side by side. */
export const maxWorkshopMemoryBytes = 4 * 1024 * 1024 * 1024;
export const workshopPids = 4096;
/** What its builds may have written before it becomes layers, and caches of RUN --mount. The store is sparse. */
export const workshopDiskBytes = 16 * 1024 * 1024 * 1024;
/** Images of the catalogue that are built at once, beside those that students wait for: more would take processors from their labs. */
export const catalogueBuildsAtOnce = 2;
/** An archive of images for the catalogue, expanded: some dozens of images, with a desktop or a model among them. */
export const maxImportBytes = 64 * 1024 * 1024 * 1024;
/** Annotations of one image, and the characters that they hold together: a manifest may have 4 MiB. */
export const maxAnnotations = 500;
export const maxAnnotationsBytes = 256 * 1024;
/** Caches that one build imports. */
export const maxCacheImports = 20;
/** Steps of one imported cache. */
export const maxCacheRecords = 10_000;
/** Manifests and lists of an imported cache, as in BuildKit; an image's configuration is one, too. */
export const maxCacheDocumentBytes = 1024 * 1024;
/** Images of one index that are looked at for a cache inline. */
export const maxInlineImages = 8;
/** Platforms of one build: images for the public have about eight. */
export const maxPlatforms = 12;
/** Builds that the history of a host keeps, as dockerd has it, and of those that were pinned. */
export const maxHistoryRecords = 50;
export const maxPinnedRecords = 20;
/** Progress that the history keeps of one build: that of a usual one has 20 KB. */
export const maxHistoryLogBytes = 512 * 1024;
/** Of the attributes of one build, and of why it failed. */
export const maxHistoryTextBytes = 32 * 1024;

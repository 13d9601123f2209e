// Every bound of the server, each with its unit and its reason. Nothing in the server is unbounded.
// Limits that the page must know too (flow control, sizes of input) stand in protocol/.

/** A JSON body; the largest real one is under 300 bytes. */
export const maxBodyBytes = 8 * 1024;
/** All headers of a request together; browsers send under 4 KiB. */
export const maxHeaderBytes = 16 * 1024;
export const maxHeaders = 64;
/** Time for a request's headers (slow senders), and for the whole request (a file over a slow line). */
export const headersTimeoutMs = 15_000;
export const requestTimeoutMs = 5 * 60_000;
/** The same of a request that pushes a layer to the hub: 1 GB over a slow line. Whoever stands still is cut off sooner. */
export const longRequestTimeoutMs = 2 * 60 * 60_000;
/** How often Node looks for requests that are over these. */
export const timeoutCheckMs = 5_000;
/** All TCP connections: 500 students with a socket and a few requests each. */
export const maxConnections = 4_000;
/** TCP connections of one address: a class of a hundred behind one router, with a socket, a preview and some requests each. */
export const maxConnectionsPerAddress = 1_000;
/** From the last bytes that we send on a connection until we destroy it, where the other side does not close it. */
export const hangUpMs = 3_000;

/** F03: one message of a page. A paste goes in messages of 8 KiB (protocol/page-messages.ts). */
export const maxMessageBytes = 64 * 1024;
/** F03: fragments of one message; browsers send one. */
export const maxFragments = 32;
/** Messages of one page, per second and as a burst: 30 keystrokes, acknowledgements of 5 MB/s of output. */
export const messagesPerSecond = 500;
export const messageBurst = 2_000;
/** Unsent bytes to one page, above which it is dropped: eight terminals at their flow limit, twice. */
export const maxSocketBacklogBytes = 2 * 1024 * 1024;
/** Sockets of one student (two tabs and a few that are half open), and of one address (a class behind one router). */
export const maxSocketsPerStudent = 8;
export const maxSocketsPerAddress = 500;
/** WebSockets that one address asks for, per second and as a burst: all pages of a class come back after a restart. */
export const upgradesPerSecondPerAddress = 50;
export const upgradeBurstPerAddress = 500;
/** From the upgrade to a valid `hello`. */
export const helloTimeoutMs = 5_000;
/** How often the server asks a page whether it is there; it is dropped when it has not answered by the next time. */
export const heartbeatMs = 30_000;

/** F01: a ticket that was not used is void after this long. */
export const ticketLifetimeMs = 30_000;
/** Unused tickets. One more replaces the oldest. */
export const maxTickets = 10_000;

/** F11: new sessions of one student per minute, and as a burst. */
export const startsPerMinute = 5;
/**
 * H08: students of one address who have no cookie of ours, per second and as a burst. More than one attacker keeps up, so that
 * nobody locks a school out. What newcomers cost is bounded by the limits on starts.
 */
export const newcomersPerSecondPerAddress = 10;
export const newcomerBurstPerAddress = 120;
/** Labs that are started for newcomers of one network, per second and as a burst: a class starts together; then 120 a minute. */
export const startsPerSecondPerNetwork = 2;
export const startsBurstPerNetwork = 120;
/** Newcomers of one network in the queue. Beyond this, a new one replaces one that has no page, or is refused. */
export const maxWaitingPerNetwork = 100;
/** In the queue a newcomer counts as having come 2 minutes later for each lab that the network holds or waits for, 60 at most. */
export const queueMinutesPerLab = 2;
export const maxQueueMinutes = 60;
/** In the queue a known student counts as having come this much earlier. */
export const knownHeadStartMinutes = 60;
/** While others wait, a lab without any page ends this long after its start. A slow line takes seconds. */
export const enterMs = 15_000;
/** While others wait, a lab that was typed into yields after this many times DRYDOCK_YIELD_SECONDS without use. */
export const typedYieldTimes = 20;
/** Share of all places that newcomers of one network may hold, where no setting says it. The rest is for others. */
export const networkShare = 7 / 8;
/** Requests of any kind from one address, per second and as a burst: a class behind one router opens a page of forty files. */
export const requestsPerSecondPerAddress = 300;
export const requestBurstPerAddress = 3_000;
/** API requests of one student (of one address, where no student is known), per second and as a burst. */
export const apiRequestsPerSecond = 50;
export const apiRequestBurst = 500;
/** Wrong codes at the gate from one network, per second and as a burst: a class mistypes. An attacker gets 43,200 of 36^8 a day. */
export const inviteGuessesPerSecond = 0.5;
export const inviteBurst = 30;
/** Addresses that are reported as proxies missing from DRYDOCK_TRUSTED_PROXY. More are clients that forge the header. */
export const maxUnnamedProxies = 4;
/** Keys that one rate limiter remembers. One more replaces the one that was unused for longest. */
export const maxRateKeys = 20_000;

/** Tabs in one lab: more do not fit the screen, and the engine allows 12. */
export const maxTerminals = 8;
/** Terminals that one page may ask to see, with those that have closed by now. */
export const maxTerminalsAsked = 256;
/** Output of a terminal that is kept for a page that reconnects: a screen is about 10 KiB, a long build log 200 KiB. */
export const maxRecordingBytes = 256 * 1024;
/** Points where a replay can start: one about every 8 KiB, enough for twice the recording. */
export const modePlaceEveryBytes = 8 * 1024;
export const modePlaces = 80;
/** The longest control sequence whose effect is followed: sixteen modes of four digits at once. */
export const maxTrackedBytes = 128;
/** How long a page waits for output that the engine said it had. */
export const catchUpMs = 1_000;
/** Output per second that is read from a shell that no page watches: enough for any build, and `yes` does not cost a core. */
export const unwatchedBytesPerSecond = 1024 * 1024;
/** One binary frame of output. */
export const maxFrameBytes = 16 * 1024;
/** Input that the engine has not taken yet; a program that does not read its terminal must not fill our memory. */
export const maxPendingInputBytes = 256 * 1024;
/** Characters of an OSC sequence that the parser of prompt marks keeps. */
export const maxMarkLength = 64;

/** Changes of one lab that may wait (a copy, a reset, the start of a task): a person asks for one at a time. */
export const maxAskedOfLab = 8;
/** Hosts about which `drydock session ls` asks the engine at the same time: each answer takes the engine 5 ms. */
export const maxUsageAtOnce = 2;
/** Labs of one student that take memory. One more, and the one used longest ago is stored. */
export const maxOpenPerStudent = 3;
/** Labs of one student, stored ones too: a track and the playground. One more, and the one used longest ago ends. */
export const maxSessionsPerStudent = 10;
/** Students in the queue. One more takes the place of the last, if that one's turn is later, else is refused. */
export const maxQueue = 1_000;
/** A place in the queue is kept this long without a page (a reload, a dropped connection). */
export const queueGraceMs = 30_000;
/** Hosts that are created at the same time: more only makes each slower. */
export const maxCreating = 4;
/** From the end of a lab's last shell until we ask whether its hosts have stopped. */
export const hostSettleMs = 1_000;
/** A lab whose page is open is stored too, after this many times DRYDOCK_IDLE_MINUTES without typing. */
export const untypedIdleTimes = 4;
/** How often the time of a lab's last use is stored: each write waits for the disk, and a lab is kept for days. */
export const writeUsedEveryMs = 60_000;
/** Between two looks for labs to freeze, store or end; half of the time to freeze or to yield, where that is less. */
export const sweepMs = 10_000;
/** With less room than this in the store, health says `store full`: an empty host takes some megabytes, work in it more. */
export const storeFullBytes = 256 * 1024 * 1024;
/** How long a start that failed makes health say `labs fail`. */
export const failedStartCountsMs = 5 * 60_000;

/** Lists that events keep up to date are asked for again after this long, in case an event was missed. */
export const maxHeldAnswerMs = 60_000;
/**
 * Some states cause no event. They are looked at again after this share of the time for which nothing has happened, and after
 * `maxPollMs` at the latest. 400 labs in which nobody has typed for minutes cost the engine seven looks a second, each under 1 ms.
 */
export const calmShare = 1 / 4;
export const maxPollMs = 60_000;

/** The wait from an event to looking at the engine: a `docker run` makes four events within this time. */
export const checkDelayMs = 20;
/** And between two looks, so that a loop of `docker run` costs ten looks a second at most. */
export const checkIntervalMs = 100;
/** Judging blocks the event loop, usually for a millisecond. After judging for T, the lab's checks rest for this many times T. */
export const checkRestTimes = 10;
/** Ended containers and execs that are remembered for a check after their removal. */
export const maxEnded = 100;
/** Lines and bytes of a container's log that a check looks at. */
export const maxLogLines = 500;
export const maxLogBytes = 256 * 1024;
/** Characters of a line of a log or file that a lesson's regular expression looks at. No lesson asks for a longer line. */
export const maxMatchedLine = 4_096;
/** One regular expression over one text; a good one takes under 1 ms. */
export const maxMatchMs = 100;
/** Containers that are inspected in one look; a lesson's are under ten. */
export const maxInspected = 20;
/** A file that a check looks at. */
export const maxCheckedFileBytes = 256 * 1024;
/**
 * A file of YAML that a check reads: a lesson's have a hundred lines, and the worst of this size takes 0.2 s on a small machine,
 * which the whole server waits. The time is for a machine that has much else to do.
 */
export const maxYamlBytes = 16 * 1024;
export const maxYamlMs = 1_000;
/** A Dockerfile and a `.dockerignore` that a check reads: a lesson's have fifty lines. The server waits while one is read, some milliseconds. */
export const maxDockerfileBytes = 32 * 1024;
export const maxDockerfileStages = 30;
export const maxIgnoreBytes = 16 * 1024;
/** Images that a Dockerfile is read with: for the rules that hang on what it begins with. */
export const maxDockerfileImages = 10;
/** Of a registry of the student's own: an answer, and how many tags of it are looked at. */
export const maxRegistryAnswerBytes = 256 * 1024;
export const maxRegistryTags = 100;
/** The answer of a port that a check asks: how long it may take, and how much of it is looked at. */
export const answerMs = 3_000;
export const maxAnswerBytes = 64 * 1024;
/** A program that a check runs. */
export const commandCheckMs = 5_000;
/** A view of a lab's registries is told at most so often: a push tells of its layers ten times a second. */
export const registriesIntervalMs = 200;
/** The same of its builds: the engine tells of one ten times a second. */
export const buildsIntervalMs = 200;
/** Pushes and pulls of one host that are remembered for it, as the engine does. */
export const maxViewMoves = 32;
/** Builds of one host that are remembered for it, as the engine does. */
export const maxViewBuilds = 40;
/** How long a look waits for an engine that is away; it looks again when the engine is back. */
export const checkWaitMs = 1_000;
/** Shortest time between two looks at files, ports, processes and programs, while the current task asks for them. */
export const checkPollMs = 1_000;
/**
 * Asking a port or running a program leaves traces in the lab. So we wait for as long as nothing has happened, up to this time
 * (and longer by `calmShare`).
 */
export const maxTracePollMs = 10_000;
/** One question to a host's Docker API. */
export const dockerTimeoutMs = 5_000;

/** Files that a lab's hosts have from the start, all together. */
export const maxStartingFiles = 200;
/** Time for a pull of a lab's image. While the image is still being built, ask again this often. */
export const imagePullMs = 10_000;
export const imagePollMs = 1_000;

/** How often the engine is probed while it is away, and how long a call waits for it before it gives up. */
export const engineProbeMs = 200;
export const engineWaitMs = 10_000;
/** How often the engine is probed while it is up. */
export const engineHeartbeatMs = 5_000;

/** How long metrics wait for the engine's answer. A later one counts as none; Prometheus itself gives up after 10 s. */
export const engineAnswerMs = 2_000;
/** Buckets of the histogram of labs' starts, in seconds: a spare host is ready at once, a queue of starts takes some seconds. */
export const startSecondsBounds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** From SIGTERM to the end, whatever hangs (X17: 10 s at most). */
export const shutdownMs = 4_000;
/** The part of `shutdownMs` for calls to the engine that are under way. */
export const settleMs = 3_000;
/** Quiz answers kept for one student, and the size of their parts. */
export const maxQuizAnswers = 1_000;
export const maxIdLength = 128;
export const dayMs = 24 * 60 * 60 * 1000;
/** Students without a session or progress are forgotten after this long. */
export const forgetStudentMs = 400 * dayMs;
export const forgetEveryMs = 60 * 60 * 1000;
/** A path in a workspace's home: Linux has 4,095 bytes. */
export const maxPathLength = 4_096;
/** F11: requests about files of one lab, per second and as a burst: an editor opens a folder of many files. */
export const fileRequestsPerSecond = 20;
export const fileRequestBurst = 200;
/** Files of one lab that are being sent and written at once: each holds its 1 MiB in memory, and an editor saves one. */
export const maxFileWritesAtOnce = 4;
/** The wait before files are watched again after the engine or the host went away. */
export const watchAgainMs = 1_000;

/** The wait from a host's event to looking at it, and between two looks: a `docker run` makes four events within 100 ms. */
export const viewDelayMs = 50;
export const viewIntervalMs = 150;
/** Shortest time between two looks at a host's use of memory and CPU while a page is open. */
export const usePollMs = 2_000;
/** How long a look waits for an engine that is away; it looks again when the engine is back. */
export const viewWaitMs = 1_000;
/** What one host's view shows: the engine allows 50 containers, lessons use about ten images. */
export const maxViewImages = 50;
export const maxViewContainers = 50;
/** Other names of a container on one network; a lesson gives one. */
export const maxViewNames = 3;
/** One view as a message: a larger one is cut until it fits. The page's own messages may have 64 KiB. */
export const maxViewBytes = 60 * 1024;

/** Previews of all students together. One more replaces the one that was opened longest ago. */
export const maxPreviews = 5_000;
/** F08: an unused link into a preview is void after this long, and so many are kept: as for tickets. */
export const previewTokenMs = 30_000;
export const maxPreviewTokens = 10_000;
/** F11: previews that one lab opens, per second and as a burst. */
export const previewOpensPerSecond = 2;
export const previewOpenBurst = 30;
/** Requests to one lab's previews, per second and as a burst: a page of many small files, loaded again and again. */
export const previewRequestsPerSecond = 200;
export const previewRequestBurst = 1_000;
/** Connections of one lab's previews: browsers hold six for a page, and WebSockets; the engine has 64 for a host. */
export const maxPreviewConnections = 48;
/** A connection to a container without traffic for this long is closed. */
export const previewIdleMs = 10 * 60_000;
/** Time for a slow browser to read what a container sent before it hung up. */
export const previewHangUpMs = 30_000;
/** How long a preview waits for an engine that is away. */
export const previewWaitMs = 3_000;
/** A TLS handshake with a container on this machine takes some milliseconds. A port that takes longer than this speaks no TLS. */
export const previewTlsMs = 1_000;

/** Requests to the hub that one address makes, per second and as a burst: docker asks some twenty things in a pull, and a class pulls together. */
export const hubRequestsPerSecondPerAddress = 200;
export const hubRequestBurstPerAddress = 4_000;
/** Requests to the hub that are being answered, of one address and in all: docker has three to five, and a class is behind one router. */
export const maxHubRequestsPerAddress = 200;
export const maxHubRequests = 250;
/** A request to the hub on which nothing comes or goes for so long is cut off. */
export const hubIdleMs = 75_000;
/** Until somebody who has signed in to the hub's pages has to do so again. */
export const hubSignInMs = 30 * dayMs;
/** Browsers in which somebody has signed in: of one account, and of all. One more signs the oldest out. */
export const maxSignInsPerAccount = 20;
export const maxSignIns = 20_000;
/** Changes that one browser or address makes on the hub's pages, per second and as a burst: each is brought to the disk. */
export const hubChangesPerSecond = 2;
export const hubChangeBurst = 30;
/** How long a page waits for an image that is being looked into, and for a feed of vulnerabilities that is being read: it asks again then. */
export const contentsWaitMs = 8_000;
/** What a webhook's receiver has answered, as far as it is shown. */
export const maxShownAnswerLength = 500;
/** Of a lab's repositories, beside its lesson: as many as fit there, with the tags that moved last. */
export const maxLabRepositories = 12;
export const maxLabTags = 4;

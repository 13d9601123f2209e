// Every bound of the server, each with its unit and its reason. Nothing in the server is unbounded.
// Limits that the page must know too (flow control, sizes of input) stand in protocol/.

/** A JSON body; the largest real one is under 300 bytes. */
export const maxBodyBytes = 8 * 1024;
/** All headers of a request together; browsers send under 4 KiB. */
export const maxHeaderBytes = 16 * 1024;
export const maxHeaders = 64;
/** From the first byte of a request to the end of its headers (slow senders), and to its last: a file over a slow line. */
export const headersTimeoutMs = 15_000;
export const requestTimeoutMs = 5 * 60_000;
/** How often Node looks for requests that are over these. */
export const timeoutCheckMs = 5_000;
/** All TCP connections: 500 students with a socket and a few requests each. */
export const maxConnections = 4_000;
/** Of them, of one address: a class of a hundred behind one router, with a socket, a preview and some requests each. */
export const maxConnectionsPerAddress = 1_000;
/** From the last word on a connection to its end, where the other side does not end it. */
export const hangUpMs = 3_000;

/** SECURITY.md F03. A paste goes in messages of 8 KiB (protocol/page-messages.ts). */
export const maxMessageBytes = 64 * 1024;
/** SECURITY.md F03: browsers send one fragment a message. */
export const maxFragments = 32;
/** Messages a second from one page, and how many at once: 30 keystrokes, acknowledgements of 5 MB/s of output. */
export const messagesPerSecond = 500;
export const messageBurst = 2_000;
/** Unsent bytes to one page, above which it is dropped: eight terminals at their flow limit, twice. */
export const maxSocketBacklogBytes = 2 * 1024 * 1024;
/** Sockets of one student (two tabs and a few that are half open), and of one address (a class behind one router). */
export const maxSocketsPerStudent = 8;
export const maxSocketsPerAddress = 500;
/** Upgrades that are asked for, of one address, a second and at once: all pages of a class come back after a restart. */
export const upgradesPerSecondPerAddress = 50;
export const upgradeBurstPerAddress = 500;
/** From the upgrade to a valid `hello`. */
export const helloTimeoutMs = 5_000;
/** How often the server asks a page whether it is there; it is dropped when it has not answered by the next time. */
export const heartbeatMs = 30_000;

/** SECURITY.md F01. */
export const ticketLifetimeMs = 30_000;
/** Tickets that wait to be used; the oldest gives way. */
export const maxTickets = 10_000;

/** SECURITY.md F11: new sessions a minute of one student. */
export const startsPerMinute = 5;
/**
 * SECURITY.md H08: students without a cookie of ours, of one address, a second and at once. Above what one person keeps up who
 * would shut a school out; what it costs is bounded by what is started.
 */
export const newcomersPerSecondPerAddress = 10;
export const newcomerBurstPerAddress = 120;
/** Labs of newcomers that are started for one network, a second and at once: a class starts at once; then 120 a minute. */
export const startsPerSecondPerNetwork = 2;
export const startsBurstPerNetwork = 120;
/** Newcomers of one network that wait; one more takes the place of one that has no page. */
export const maxWaitingPerNetwork = 100;
/** A place in the queue costs as many minutes as the network holds labs or waits for, up to an hour: others go first. */
export const queueMinutesPerLab = 2;
export const maxQueueMinutes = 60;
/** Known students go before newcomers, unless these have waited as long. */
export const knownHeadStartMinutes = 60;
/** From a lab's start to its first page, while others wait: a slow line takes seconds. */
export const enterMs = 15_000;
/** A lab that was typed into is unused for so many times as long as others, before it yields: 15 minutes. */
export const typedYieldTimes = 20;
/** What newcomers of one network may hold of all places, where no setting says it: somebody else always finds one. */
export const networkShare = 7 / 8;
/** Any request, of one address, a second and at once: a class behind one router opens a page of forty files. */
export const requestsPerSecondPerAddress = 300;
export const requestBurstPerAddress = 3_000;
/** API requests, of one student, or of one address where no student is known, a second and at once. */
export const apiRequestsPerSecond = 50;
export const apiRequestBurst = 500;
/** Wrong codes at the gate, of one network, a second and at once: a class mistypes; who guesses tries 43,200 a day of 36^8. */
export const inviteGuessesPerSecond = 0.5;
export const inviteBurst = 30;
/** Proxies that nobody named, which are told of: more are no proxies, but people who write such a header. */
export const maxUnnamedProxies = 4;
/** Keys that one rate limiter remembers; the one unused for longest gives way. */
export const maxRateKeys = 20_000;

/** Tabs in one lab: more do not fit the screen, and the engine allows 12. */
export const maxTerminals = 8;
/** Terminals that one page may ask to see, those among them that are gone by now. */
export const maxTerminalsAsked = 256;
/** What a page that comes back can still get: a screen is about 10 KiB, a long build log 200 KiB. */
export const maxRecordingBytes = 256 * 1024;
/** Places at which the recording can begin: one about every 8 KiB, and so many that they reach as far back as it does, twice. */
export const modePlaceEveryBytes = 8 * 1024;
export const modePlaces = 80;
/** The longest control sequence whose effect is followed: sixteen modes of four digits at once. */
export const maxTrackedBytes = 128;
/** How long a page waits for output that the engine said it had. */
export const catchUpMs = 1_000;
/** Output read from a shell that no page watches: enough for any build, and `yes` does not cost a core. */
export const unwatchedBytesPerSecond = 1024 * 1024;
/** One binary frame of output. */
export const maxFrameBytes = 16 * 1024;
/** Input that the engine has not taken yet; a program that does not read its terminal must not fill our memory. */
export const maxPendingInputBytes = 256 * 1024;
/** Characters of an OSC sequence that the parser of prompt marks keeps. */
export const maxMarkLength = 64;

/** What may be asked of one lab at once (a copy, a reset, the start of a task): a person asks for one thing at a time. */
export const maxAskedOfLab = 8;
/** Hosts whose use the operator's list asks the engine for at once: each takes it 5 ms. */
export const maxUsageAtOnce = 2;
/** Labs of one student that take memory; the one used longest ago is put away when another is opened. */
export const maxOpenPerStudent = 3;
/** Labs of one student, those that were put away among them: a track and the playground. The one used longest ago ends. */
export const maxSessionsPerStudent = 10;
/** Who waits for a place; the next one is refused. */
export const maxQueue = 1_000;
/** A place in the queue is kept this long without a page (a reload, a dropped connection). */
export const queueGraceMs = 30_000;
/** Hosts that are created at the same time: more only makes each slower. */
export const maxCreating = 4;
/** From the end of a host's last shell to a look at whether the host itself has stopped. */
export const hostSettleMs = 1_000;
/** A page that stays open but is not typed into counts as left after this many idle times. */
export const untypedIdleTimes = 4;
/** How often it is written down that a lab is used: each time waits for the disk, and a lab is kept for days. */
export const writeUsedEveryMs = 60_000;
/** How often labs that nobody is in are looked for, at most: twice within the time after which one is frozen, if that is shorter. */
export const sweepMs = 10_000;
/** With less room than this in the store no lab is started to be of use: an empty host takes some megabytes, its work more. */
export const storeFullBytes = 256 * 1024 * 1024;
/** How long one start that failed stands for how labs start. */
export const failedStartCountsMs = 5 * 60_000;

/** Lists that events keep right are asked for anew after so long, in case an event was missed. */
export const maxHeldAnswerMs = 60_000;
/**
 * What no event tells is looked at again after this share of the time for which nothing has happened, and after `maxPollMs` at the
 * latest: 400 labs in which nobody has typed for minutes cost the engine seven looks a second, each 2 to 5 ms.
 */
export const calmShare = 1 / 4;
export const maxPollMs = 60_000;

/** The wait from an event to looking at the engine: a `docker run` makes four events within this time. */
export const checkDelayMs = 20;
/** And between two looks, so that a loop of `docker run` costs ten looks a second at most. */
export const checkIntervalMs = 100;
/** Judging what was seen, which holds up everybody, takes a millisecond; it is followed by a rest of so many times as long. */
export const checkRestTimes = 10;
/** Containers and execs that have ended, remembered for a check after they are gone. */
export const maxEnded = 100;
/** Lines and bytes of a container's log that a check looks at. */
export const maxLogLines = 500;
export const maxLogBytes = 256 * 1024;
/** A line of a log or file that a lesson's regular expression looks at: longer ones are none that a lesson asks for. */
export const maxMatchedLine = 4_096;
/** One regular expression over one text; a good one takes under 1 ms. */
export const maxMatchMs = 100;
/** Containers that are inspected in one look; a lesson's are under ten. */
export const maxInspected = 20;
/** A file that a check looks at. */
export const maxCheckedFileBytes = 256 * 1024;
/** An answer that a check asks a port for: how long it may take, and how much of it is looked at. */
export const answerMs = 3_000;
export const maxAnswerBytes = 64 * 1024;
/** A program that a check runs. */
export const commandCheckMs = 5_000;
/** How long a look waits for an engine that is away; it looks again when the engine is back. */
export const checkWaitMs = 1_000;
/** How often files, ports, processes and programs are looked at while the task in hand asks for them, at most. */
export const checkPollMs = 1_000;
/** Ports and programs leave traces: the wait is as long as nothing has happened, up to this (and longer by `calmShare`). */
export const maxTracePollMs = 10_000;
/** One question to a host's Docker API. */
export const dockerTimeoutMs = 5_000;

/** Files that a lab's hosts have from the start, all together. */
export const maxStartingFiles = 200;
/** An image of a lab is pulled in milliseconds, or it is still made: then it is asked so often whether it is there. */
export const imagePullMs = 10_000;
export const imagePollMs = 1_000;

/** How often the engine is asked again while it is away, and how long a call waits for it before it gives up. */
export const engineProbeMs = 200;
export const engineWaitMs = 10_000;
/** Keeps an eye on an engine that nobody talks to. */
export const engineHeartbeatMs = 5_000;

/** How long metrics wait for the engine's answer: longer is none, and Prometheus gives up after 10 s. */
export const engineAnswerMs = 2_000;
/** Seconds from a lab's place to its shell: a spare one is there at once, a queue of starts takes some. */
export const startSecondsBounds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** From SIGTERM to the end, whatever hangs (SECURITY.md X17: 10 s). */
export const shutdownMs = 4_000;
/** Of it, for what is under way in the engine. */
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
/** SECURITY.md F11: requests about files of one lab, a second and at once: an editor opens a folder of many files. */
export const fileRequestsPerSecond = 20;
export const fileRequestBurst = 200;
/** Files of one lab that are being sent and written at once: each holds its 1 MiB in memory, and an editor saves one. */
export const maxFileWritesAtOnce = 4;
/** The wait before files are watched again where the engine or the host went. */
export const watchAgainMs = 1_000;

/** The wait from a host's event to looking at it, and between two looks: a `docker run` makes four events within 100 ms. */
export const viewDelayMs = 50;
export const viewIntervalMs = 150;
/** How often use is looked at while a page is open, at most. */
export const usePollMs = 2_000;
/** How long a look waits for an engine that is away; it looks again when the engine is back. */
export const viewWaitMs = 1_000;
/** What one host's view tells: the engine allows 50 containers, lessons use about ten images. */
export const maxViewImages = 50;
export const maxViewContainers = 50;
/** One view as a message: what is more is cut until it fits. The page's own messages may have 64 KiB. */
export const maxViewBytes = 60 * 1024;

/** Addresses of previews that are remembered, all students' together; the one opened longest ago gives way. */
export const maxPreviews = 5_000;
/** SECURITY.md F08: as a ticket's. */
export const previewTokenMs = 30_000;
export const maxPreviewTokens = 10_000;
/** SECURITY.md F11: previews that one lab opens, a second and at once. */
export const previewOpensPerSecond = 2;
export const previewOpenBurst = 30;
/** Requests of one lab's previews, a second and at once: a page of many small files, loaded again and again. */
export const previewRequestsPerSecond = 200;
export const previewRequestBurst = 1_000;
/** Connections of one lab's previews: browsers hold six for a page, and WebSockets; the engine has 64 for a host. */
export const maxPreviewConnections = 48;
/** A connection to a container on which nothing comes or goes for so long is ended. */
export const previewIdleMs = 10 * 60_000;
/** What a container said before it hung up may take so long to reach a slow browser. */
export const previewHangUpMs = 30_000;
/** How long an answer waits for an engine that is away. */
export const previewWaitMs = 3_000;
/** A TLS handshake with a container on the same machine takes some milliseconds; what says nothing for so long speaks no TLS. */
export const previewTlsMs = 1_000;

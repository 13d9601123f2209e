/** Every number of the page's side of the connection, with its reason. */

/** First wait after a lost connection: a server that only restarts is back by the second try. */
export const firstRetryMs = 300;
/** Longest wait between tries: a student who plugs the cable in again looks at the page by then. */
export const longestRetryMs = 8_000;
/** A connection is asked whether it lives this often; proxies cut idle ones after 30 to 60 s. */
export const pingEveryMs = 20_000;
/** No word of any kind for so long after a ping: the connection is dead, whatever the browser thinks. */
export const pongWithinMs = 8_000;
/** A socket that has not opened and said welcome by then is given up and tried again. */
export const welcomeWithinMs = 10_000;
/** A shell that has not shown its prompt by then, on a busy machine too, has no prompt marks. */
export const promptWithinMs = 5_000;
/** What has been parsed is acknowledged after this pause, if not sooner by its amount. */
export const acknowledgeIdleMs = 50;
/** Lines that one can scroll back; about 1 MB a terminal. */
export const scrollbackLines = 5_000;
/** A longer paste is refused: the server holds no more typing than this for a shell that is slow to read it. */
export const longestPasteBytes = 256 * 1024;
/** Terminals that the page offers to open; the server has a limit of its own. */
export const mostTerminals = 8;
/** Answers of a terminal to a program's questions, a second and at once: a full-screen program asks for a handful. */
export const answersPerSecond = 20;
export const answersAtOnce = 60;
/** Previews that stay loaded while another tab is in sight; the one opened first gives way. */
export const mostLivePreviews = 4;

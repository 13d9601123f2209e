/** The server's HTTP routes, as functions. Knows nothing of sockets, of terminals or of what is drawn. */
import {
  type Crowded,
  type DoneRecord,
  type Failure,
  type OpenedPreview,
  type OpenedSession,
  type OpenPreview,
  type OpenSession,
  type Progress,
  type QuizAnswer,
  type Route,
  routes,
  type Ticket,
} from '@drydock/sandbox-server/protocol';

/** The server answered, and said no. `message` is its sentence for the student. */
export class ServerRefusal extends Error {
  readonly status: number;
  /** How long the server asks to wait before trying again, where it does. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, message: string, retryAfterMs: number | undefined) {
    super(message);
    this.name = 'ServerRefusal';
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Finds or makes this student's session of a lesson. Throws `ServerRefusal`, or `TypeError` when nothing answers. */
export async function openSession(body: OpenSession, signal: AbortSignal): Promise<OpenedSession | Crowded> {
  const response = await call(routes.openSession, routes.openSession.path, signal, body);
  return (await response.json()) as OpenedSession | Crowded;
}

/** A new ticket for a session. Throws `ServerRefusal` (410: it has ended), or `TypeError` when nothing answers. */
export async function newTicket(session: string, signal: AbortSignal): Promise<Ticket> {
  const path = routes.ticket.path.replace(':session', encodeURIComponent(session));
  const response = await call(routes.ticket, path, signal);
  return (await response.json()) as Ticket;
}

/** Ends a session and removes its host; fine to ask twice. */
export async function endSession(session: string): Promise<void> {
  const path = routes.endSession.path.replace(':session', encodeURIComponent(session));
  await call(routes.endSession, path, AbortSignal.timeout(15_000));
}

/** What this browser's student has done so far. */
export async function getProgress(): Promise<Progress> {
  const response = await call(routes.progress, routes.progress.path, AbortSignal.timeout(10_000));
  return (await response.json()) as Progress;
}

/** What checks have seen this browser's student do, as the server has it. Throws `ServerRefusal`, or `TypeError` when nothing answers. */
export async function getDoneRecord(): Promise<DoneRecord> {
  const response = await call(routes.doneRecord, routes.doneRecord.path, AbortSignal.timeout(10_000));
  return (await response.json()) as DoneRecord;
}

/** Keeps an answer to a quiz's question. */
export async function keepAnswer(answer: QuizAnswer): Promise<void> {
  await call(routes.quizAnswer, routes.quizAnswer.path, AbortSignal.timeout(10_000), answer);
}

/** An address that lets this browser in to a published port's page, once. Throws as `newTicket` does. */
export async function openPreview(session: string, body: OpenPreview, signal: AbortSignal): Promise<OpenedPreview> {
  const path = routes.openPreview.path.replace(':session', encodeURIComponent(session));
  const response = await call(routes.openPreview, path, signal, body);
  return (await response.json()) as OpenedPreview;
}

async function call(route: Route, path: string, signal: AbortSignal, body?: unknown): Promise<Response> {
  const response = await fetch(path, {
    method: route.method,
    signal,
    ...(route.method === 'GET'
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body ?? {}) }),
  });
  if (response.ok) return response;
  throw await refusalOf(response);
}

/** What a response that is not ok says, as an error. */
export async function refusalOf(response: Response): Promise<ServerRefusal> {
  return new ServerRefusal(response.status, await sentenceOf(response), retryAfter(response));
}

async function sentenceOf(response: Response): Promise<string> {
  try {
    const failure = (await response.json()) as Partial<Failure>;
    if (typeof failure.message === 'string' && failure.message) return failure.message;
  } catch {
    // Not ours: a proxy's page, say.
  }
  return `The server answered with status ${response.status} and gave no reason. Try again in a moment.`;
}

function retryAfter(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 60) * 1000 : undefined;
}

// The whole server: puts records, engine, sessions, HTTP and sockets together, and takes them apart again.

import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { EngineClient } from '@drydock/runtime';
import type { FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { nameOf } from '../lessons/schema/lesson-id.ts';
import { EngineLink } from './engine-link.ts';
import { messageOf } from './errors.ts';
import { Files } from './files/files.ts';
import { Gate } from './gate/gate.ts';
import { HealthWatch } from './health.ts';
import { Addresses } from './http/addresses.ts';
import { addApi } from './http/api.ts';
import { callersOf } from './http/callers.ts';
import { tokenFrom } from './http/cookie.ts';
import { addFileRoutes } from './http/files.ts';
import { addGateRoutes, hasPass } from './http/gate.ts';
import { guardOf } from './http/guard.ts';
import { HubProxy } from './http/hub.ts';
import { addHubApi } from './http/hub-api.ts';
import { hubAskerOf } from './http/hub-asker.ts';
import { addHubPages } from './http/hub-page.ts';
import { addHubSignIn } from './http/hub-sign-in.ts';
import { addMetricsRoute } from './http/metrics.ts';
import { listenForPreviews } from './http/preview-port.ts';
import { PreviewServer } from './http/preview-server.ts';
import { addPreviewRoute } from './http/previews.ts';
import { createServer } from './http/server.ts';
import { serveSite } from './http/site.ts';
import { HubShelf } from './hub/shelf.ts';
import { SignIns } from './hub/sign-ins.ts';
import { readLesson, readLessons } from './labs/lessons.ts';
import { dayMs, forgetEveryMs, networkShare, settleMs, sweepMs } from './limits.ts';
import { Counts, Metrics } from './metrics/metrics.ts';
import { DrainFile } from './operator/drain-file.ts';
import { listenForOperator } from './operator/listen.ts';
import { previewOrigins, sharesSite } from './previews/origin.ts';
import { Previews } from './previews/previews.ts';
import { ProgressRecords } from './progress/progress.ts';
import { closeCodes } from './protocol.ts';
import { Desk } from './sessions/desk.ts';
import { SessionHosts } from './sessions/hosts.ts';
import { reconcile } from './sessions/reconcile.ts';
import { SessionRecords } from './sessions/records.ts';
import { allowedOrigins, type Settings } from './settings.ts';
import { PageConnection } from './sockets/page-connection.ts';
import { acceptSockets } from './sockets/upgrade.ts';
import { openDatabase } from './store/database.ts';
import { Students } from './students/students.ts';
import { Tickets } from './students/tickets.ts';

export interface RunningServer {
  /**
   * Reads a lesson's lab again and gives it to the labs of it that are open, whose hosts stay as they are. Throws Error with
   * `file:line:column: what` for each mistake; the old lab stays then.
   */
  readLessonAgain(lesson: string): Promise<void>;
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** Ends every connection, finishes requests under way, and lets go; shells and hosts go on. Idempotent. */
  close(): Promise<void>;
}

/** Starts to listen; takes up sessions of an earlier run in the background. Throws if files, port or lessons are not usable. */
export async function startServer(settings: Settings, engine: EngineClient, log: Logger): Promise<RunningServer> {
  const read = (folder: string) =>
    readLessons(folder, (lesson, error) => {
      log.error(
        { lesson, err: error },
        `the lesson ${lesson} cannot be read and is left out: drydock lab lint says why`,
      );
    });
  const lessons = await read(settings.lessonsDirectory);
  const readLessonsAgain = async (folder: string): Promise<void> => {
    const next = await read(folder);
    lessons.clear();
    for (const [id, lesson] of next) lessons.set(id, lesson);
    for (const session of desk.sessions) {
      const lesson = next.get(session.lesson);
      if (lesson !== undefined && lesson.removed !== true) session.takeLesson(lesson);
    }
    log.info({ folder, lessons: next.size }, 'the lessons were read again');
  };
  const database = openDatabase(settings.dataDirectory);
  const students = new Students(database, log);
  const records = new SessionRecords(database, log);
  const progress = new ProgressRecords(database);
  const tickets = new Tickets();
  const link = new EngineLink(engine, log);
  const hosts = new SessionHosts(link, log);
  const counts = new Counts();
  const health = new HealthWatch(link, log);
  const desk = new Desk({
    link,
    docker: (host) => engine.docker(host),
    hosts,
    lessons,
    progress,
    records,
    log,
    capacity: settings.capacity,
    spareHosts: settings.spareHosts,
    maxPerNetwork: settings.maxPerNetwork ?? Math.ceil(settings.capacity * networkShare),
    yieldMs: settings.yieldMs,
    rest: settings,
    broughtUp: (seconds) => {
      if (seconds === null) counts.startsFailed += 1;
      else counts.starts.observe(seconds);
      health.started(seconds !== null);
    },
  });
  const drainFile = new DrainFile(settings.dataDirectory);
  desk.drain(drainFile.read());
  for (const record of records.all()) desk.restore(record);

  const compare = () =>
    reconcile(desk, hosts, records.unreadableHosts(), link, log).catch((error: unknown) => {
      log.warn({ error: messageOf(error) }, 'sessions and hosts were not compared');
    });
  link.listen((up) => {
    for (const session of desk.sessions) session.engineIs(up);
    if (up) void compare();
  });

  // The port is known only once the server listens (0 means any), and so is the guard.
  let guard = guardOf(allowedOrigins(settings), settings.port);
  const origins = previewOrigins(settings.previewOrigin, settings.publicOrigin, settings.port);
  if (settings.previewOrigin !== null && sharesSite(settings.previewOrigin, settings.publicOrigin))
    log.warn(
      { previews: settings.previewOrigin, site: settings.publicOrigin },
      'previews share a domain with the site',
    );
  const opened = new Previews();
  const sessionOf = (id: string) => [...desk.sessions].find((session) => session.id === id) ?? null;
  const siteOrigins = allowedOrigins(settings);
  const previews =
    origins === null ? null : new PreviewServer({ origins, previews: opened, link, sessionOf, siteOrigins, log });
  const addresses = new Addresses(settings.trustedProxies, (proxy) => {
    log.warn(
      { proxy },
      'X-Forwarded-For comes from an address that DRYDOCK_TRUSTED_PROXY does not name: it is not believed',
    );
  });
  const gate = new Gate(settings.invite);
  const studentOf = ({ headers }: IncomingMessage) => students.find(tokenFrom(settings.publicOrigin, headers.cookie));
  const hub = new HubProxy({ settings, gate, addresses, log });
  const server = createServer({
    settings,
    hub,
    guard: () => guard,
    gate,
    addresses,
    studentOf,
    log,
    failed: (kind) => counts.failed(kind),
    previews,
    previewSource: origins?.source ?? null,
  });
  const metrics = new Metrics({ counts, desk, link, settings });
  addMetricsRoute(server, metrics, settings.metricsToken);
  addGateRoutes(server, { settings, gate, addresses });
  const callers = callersOf(settings, students, desk);
  addApi(server, { settings, desk, students, tickets, progress, health, callers, addresses });
  addPreviewRoute(server, { callers, previews: opened, origins });
  addFileRoutes(server, { callers, files: new Files(link) });
  const signIns = new SignIns(database);
  const shelf = new HubShelf(link);
  const askerOf = hubAskerOf({ settings, callers, desk, signIns });
  addHubApi(server, { callers, addresses, shelf, askerOf });
  addHubSignIn(server, { settings, addresses, shelf, signIns, askerOf });
  addHubPages(server, { directory: settings.siteDirectory, shelf, askerOf });
  /** The page of a lesson that is gone is there for those who are in it. */
  const isHidden = (path: string, request: FastifyRequest): boolean => {
    const name = /^\/lessons\/([^/]+)/.exec(path)?.[1];
    const gone =
      name === undefined ? undefined : [...lessons].find(([id, { removed }]) => removed && nameOf(id) === name);
    if (gone === undefined) return false;
    const student = callers.studentOf(request);
    return student === null || desk.existing(student.id, gone[0]) === undefined;
  };
  await serveSite(server, settings.siteDirectory, isHidden);
  const closeSockets = acceptSockets(server.server, {
    previews,
    hostAllowed: ({ headers }) => guard.host(headers),
    originAllowed: ({ headers }) => guard.origin(headers),
    isInvited: (request) => hasPass(request, { gate, settings }),
    studentOf,
    addressOf: (request) => addresses.keyOf(request),
    log,
    connected: (socket, student) => {
      new PageConnection(socket, {
        enter: (ticket) => {
          const session = tickets.use(ticket, student.id);
          const found = session === null ? null : sessionOf(session);
          if (found !== null) desk.wake(found);
          return found;
        },
        changes: desk.changes,
        link,
        idleMinutes: settings.idleMs / 60_000,
        keepDays: settings.keepMs / dayMs,
        log,
      });
    },
  });
  await server.listen({ host: settings.listenAddress, port: settings.port });
  const closeExtra = await listenForPreviews(previews, addresses, settings.listenAddress, origins?.extraPort ?? null);
  const { port } = server.server.address() as AddressInfo;
  guard = guardOf(allowedOrigins(settings), port);
  const operator = { desk, link, drainFile, unnamedProxies: () => addresses.unnamedProxies, readLessonsAgain, log };
  const closeOperator =
    settings.operatorSocket === null ? () => undefined : await listenForOperator(settings.operatorSocket, operator);

  students.forgetOld();
  void compare();
  const sweep = setInterval(
    () => {
      desk.sweep();
      health.look();
    },
    Math.min(sweepMs, settings.freezeMs / 2, settings.yieldMs / 2),
  );
  const forget = setInterval(() => students.forgetOld(), forgetEveryMs);

  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    clearInterval(sweep);
    clearInterval(forget);
    const settled = desk.close();
    closeSockets(closeCodes.restarting, 'the server restarts');
    previews?.close();
    hub.close();
    closeExtra();
    closeOperator();
    metrics[Symbol.dispose]();
    await server.close();
    // Let calls to the engine finish, unless they hang or wait for an engine that is away.
    if (!link.up) link.close();
    await Promise.race([settled, delay(settleMs, undefined, { ref: false })]);
    link.close();
    database.close();
  };
  return {
    url: `http://${settings.listenAddress.includes(':') ? `[${settings.listenAddress}]` : settings.listenAddress}:${port}`,
    readLessonAgain: async (id) => {
      const lesson = await readLesson(settings.lessonsDirectory, id);
      lessons.set(id, lesson);
      for (const session of desk.sessions) if (session.lesson === id) session.setLesson(lesson);
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

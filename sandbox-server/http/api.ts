// The API's routes (protocol/http.ts lists them): parse, ask the desk, answer.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ServerError } from '../errors.ts';
import type { HealthWatch } from '../health.ts';
import { newcomerBurstPerAddress, newcomersPerSecondPerAddress, startsPerMinute } from '../limits.ts';
import { openSession, quizAnswer } from '../messages.ts';
import type { ProgressRecords } from '../progress/progress.ts';
import {
  type Crowded,
  type DoneRecord,
  type Health,
  type OpenedSession,
  type Progress,
  routes,
  type Ticket,
} from '../protocol.ts';
import { RateLimit } from '../rate-limit.ts';
import type { Comer } from '../sessions/comer.ts';
import type { Desk } from '../sessions/desk.ts';
import type { Session } from '../sessions/session.ts';
import type { Settings } from '../settings.ts';
import type { Student, Students } from '../students/students.ts';
import type { Tickets } from '../students/tickets.ts';
import type { Addresses } from './addresses.ts';
import type { Callers } from './callers.ts';
import { setCookie } from './cookie.ts';
import { limitRate } from './server.ts';

export interface ApiParts {
  readonly settings: Settings;
  readonly desk: Desk;
  readonly students: Students;
  readonly tickets: Tickets;
  readonly progress: ProgressRecords;
  readonly health: HealthWatch;
  readonly callers: Callers;
  readonly addresses: Addresses;
}

export function addApi(server: FastifyInstance, parts: ApiParts): void {
  const { settings, desk, students, tickets, progress, health, callers, addresses } = parts;
  const { studentOf, theirs } = callers;
  const perStudent = new RateLimit({ perSecond: startsPerMinute / 60, burst: startsPerMinute });
  const perAddress = new RateLimit({ perSecond: newcomersPerSecondPerAddress, burst: newcomerBurstPerAddress });

  /** Students with a cookie are limited one by one, so one of them cannot use up the share of a class behind one address. */
  const limitStarts = (student: Student): void => {
    limitRate(perStudent, String(student.id), 'You have started many labs within a minute.');
  };

  const comerOf = (request: FastifyRequest, student: Student | null): Comer => {
    const known = student !== null && progress.hasDone(student.id);
    return { network: addresses.networkOf(request.raw), known, invited: settings.invite !== null };
  };

  const newcomer = (request: FastifyRequest, reply: FastifyReply, comer: Comer): Student => {
    limitRate(perAddress, addresses.keyOf(request.raw), 'Many labs were started from your address within a minute.');
    desk.mustTake(comer);
    const { student, token } = students.create();
    reply.header('set-cookie', setCookie(settings.publicOrigin, token));
    return student;
  };

  server.get(routes.health.path, async (): Promise<Health> => {
    return { status: health.look(), version: settings.version, ...desk.counts };
  });

  server.post(routes.openSession.path, async (request, reply): Promise<OpenedSession | Crowded> => {
    const { lesson, rows, columns, ask = false } = openSession.parse(request.body);
    const known = studentOf(request);
    desk.mustHaveLesson(lesson, known?.id ?? null);
    const crowded = ask && known !== null ? desk.wouldGiveWay(known.id, lesson) : null;
    if (crowded !== null) return crowded;
    if (known !== null && desk.existing(known.id, lesson) === undefined) limitStarts(known);
    const comer = comerOf(request, known);
    const student = known ?? newcomer(request, reply, comer);
    const size = rows === undefined || columns === undefined ? null : { rows, columns };
    const session: Session = desk.open(student.id, lesson, size, comer);
    return { session: session.id, ticket: tickets.give(student.id, session.id) };
  });

  server.post(routes.ticket.path, async (request): Promise<Ticket> => {
    const { student, session } = theirs(request);
    return { ticket: tickets.give(student.id, session.id) };
  });

  server.delete(routes.endSession.path, async (request, reply) => {
    desk.end(theirs(request).session, 'request');
    return reply.code(204).send();
  });

  server.get(routes.progress.path, async (request): Promise<Progress> => {
    const student = studentOf(request);
    return student === null ? { lessons: {} } : progress.of(student.id);
  });

  server.get(routes.doneRecord.path, async (request): Promise<DoneRecord> => {
    const student = studentOf(request);
    return student === null ? { tasks: [] } : progress.record(student.id);
  });

  server.put(routes.quizAnswer.path, async (request, reply) => {
    const student = studentOf(request);
    if (student === null) throw new ServerError('forbidden', 'Quiz answers are kept once you have opened a lab.');
    progress.answer(student.id, quizAnswer.parse(request.body));
    return reply.code(204).send();
  });
}

// The student that a request's cookie names, and the session that its path names.

import type { FastifyRequest } from 'fastify';
import { ServerError, sentences } from '../errors.ts';
import { sessionParameters } from '../messages.ts';
import type { Desk } from '../sessions/desk.ts';
import type { Session } from '../sessions/session.ts';
import type { Settings } from '../settings.ts';
import type { Student, Students } from '../students/students.ts';
import { tokenFrom } from './cookie.ts';

export interface Callers {
  /** Null without a valid cookie of a student. */
  studentOf(request: FastifyRequest): Student | null;
  /**
   * The student, and the session that the path names. Throws forbidden without a student, notFound if the session is not
   * theirs.
   */
  theirs(request: FastifyRequest): { readonly student: Student; readonly session: Session };
}

export function callersOf(settings: Settings, students: Students, desk: Desk): Callers {
  const studentOf = (request: FastifyRequest): Student | null =>
    students.find(tokenFrom(settings.publicOrigin, request.headers.cookie));
  return {
    studentOf,
    theirs: (request) => {
      const student = studentOf(request);
      if (student === null) throw new ServerError('forbidden', sentences.noSession);
      const parameters = sessionParameters.safeParse(request.params);
      if (!parameters.success) throw new ServerError('notFound', sentences.noSession);
      return { student, session: desk.find(parameters.data.session, student.id) };
    },
  };
}

// Who asks for the hub's pages, by the cookies of the request: an account of the hub, and the labs of the browser's student.

import type { HubAsker } from '@drydock/runtime';
import type { FastifyRequest } from 'fastify';
import type { SignIns } from '../hub/sign-ins.ts';
import type { Desk } from '../sessions/desk.ts';
import type { Settings } from '../settings.ts';
import type { Callers } from './callers.ts';
import { hubToken } from './cookie.ts';

export interface HubAskerParts {
  readonly settings: Settings;
  readonly callers: Callers;
  readonly desk: Desk;
  readonly signIns: SignIns;
}

export function hubAskerOf({ settings, callers, desk, signIns }: HubAskerParts) {
  return (request: FastifyRequest): HubAsker => {
    const student = callers.studentOf(request);
    const labs = student === null ? [] : [...desk.sessions].filter((session) => session.student === student.id);
    return {
      login: signIns.find(hubToken(settings.publicOrigin, request.headers.cookie)),
      hosts: labs.flatMap(({ hosts }) => [...hosts.values()]),
    };
  };
}

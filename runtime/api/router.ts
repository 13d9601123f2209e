// Which handler answers which method and path. Knows nothing of hosts, containers or images.

import { EngineError } from '../errors.ts';
import type { Exchange } from './exchange.ts';

export type Handler<Subject> = (exchange: Exchange<Subject>) => Promise<void> | void;

/** A handler that may take the connection over (`hijack.ts`). On other routes a header `Upgrade` is ignored (RFC 9110 §7.8). */
export interface Takeover<Subject> {
  readonly takesOver: Handler<Subject>;
}

/**
 * `GET /containers/{id}/json`. A parameter takes at least one character and may hold slashes, as image names do: what
 * follows it in the pattern is matched from the end.
 */
export type Routes<Subject> = Readonly<Record<string, Handler<Subject> | Takeover<Subject>>>;

interface Route<Subject> {
  readonly method: string;
  readonly pattern: RegExp;
  readonly handler: Handler<Subject>;
  readonly mayTakeOver: boolean;
}

export interface Match<Subject> {
  readonly handler: Handler<Subject>;
  readonly mayTakeOver: boolean;
  readonly params: Readonly<Record<string, string>>;
}

function compile<Subject>([place, answer]: [string, Routes<Subject>[string]]): Route<Subject> {
  const [method = '', path = ''] = place.split(' ');
  const pattern = new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{(\w+)\}/g, '(?<$1>.+)')}$`, 's');
  const mayTakeOver = typeof answer !== 'function';
  return { method, pattern, handler: mayTakeOver ? answer.takesOver : answer, mayTakeOver };
}

/** The same routes, each handler with `wrap` around it. */
export function withEach<Subject>(
  routes: Routes<Subject>,
  wrap: (handler: Handler<Subject>) => Handler<Subject>,
): Routes<Subject> {
  return Object.fromEntries(
    Object.entries(routes).map(([place, answer]) => [
      place,
      typeof answer === 'function' ? wrap(answer) : { takesOver: wrap(answer.takesOver) },
    ]),
  );
}

export class Router<Subject> {
  readonly #routes: readonly Route<Subject>[];

  /** Of routes that match alike, the first in order counts. */
  constructor(...tables: readonly Routes<Subject>[]) {
    this.#routes = tables.flatMap((table) => Object.entries(table)).map(compile);
  }

  /** The handler for a request; `path` is decoded and without a version. Throws notFound as moby does. */
  match(method: string, path: string): Match<Subject> {
    for (const route of this.#routes) {
      const found = route.pattern.exec(path);
      if (!found) continue;
      if (route.method === method || (method === 'HEAD' && route.method === 'GET'))
        return { handler: route.handler, mayTakeOver: route.mayTakeOver, params: { ...found.groups } };
    }
    throw new EngineError('notFound', 'page not found');
  }
}

// Every request that the registry answers, and what its sender must be allowed.

import type { RepositoryAction } from '../../../runtime/registry/http/access.ts';
import type { Route } from '../../../runtime/registry/http/route.ts';
import { sha256 } from '../../support/own-registry.ts';
import { digest, manifestDigest } from './team.ts';

type Need = readonly RepositoryAction[] | 'anybody' | 'not allowed';
export interface Case {
  readonly line: string;
  readonly need: Need;
  /** The statuses of one who may. */
  readonly may: readonly number[];
  readonly body?: string;
}

/** Every end point with every method that it has. A new kind of route is an error here until it has an entry. */
export const cases: Readonly<Record<Route['kind'], (name: string) => readonly Case[]>> = {
  base: () => [
    { line: 'GET /v2/', need: 'anybody', may: [200] },
    { line: 'HEAD /v2/', need: 'anybody', may: [200] },
  ],
  catalog: () => [{ line: 'GET /v2/_catalog', need: 'anybody', may: [200] }],
  tags: (name) => [{ line: `GET /v2/${name}/tags/list`, need: ['pull'], may: [200, 404] }],
  manifest: (name) => [
    { line: `GET /v2/${name}/manifests/1`, need: ['pull'], may: [200, 404] },
    { line: `HEAD /v2/${name}/manifests/1`, need: ['pull'], may: [200, 404] },
    { line: `GET /v2/${name}/manifests/${manifestDigest}`, need: ['pull'], may: [200, 404] },
    { line: `PUT /v2/${name}/manifests/2`, need: ['pull', 'push'], may: [400], body: '{}' },
    { line: `DELETE /v2/${name}/manifests/9`, need: ['delete'], may: [404] },
  ],
  blob: (name) => [
    { line: `GET /v2/${name}/blobs/${digest}`, need: ['pull'], may: [200, 404] },
    { line: `HEAD /v2/${name}/blobs/${digest}`, need: ['pull'], may: [200, 404] },
    { line: `DELETE /v2/${name}/blobs/${sha256('other')}`, need: ['delete'], may: [404] },
  ],
  uploads: (name) => [
    { line: `POST /v2/${name}/blobs/uploads/?digest=sha256:x`, need: ['pull', 'push'], may: [400], body: 'x' },
    { line: `POST /v2/${name}/blobs/uploads/?mount=sha256:x&from=team/private`, need: ['pull', 'push'], may: [400] },
  ],
  upload: (name) => [
    { line: `GET /v2/${name}/blobs/uploads/none`, need: ['pull', 'push'], may: [404] },
    { line: `PATCH /v2/${name}/blobs/uploads/none`, need: ['pull', 'push'], may: [404], body: 'x' },
    { line: `PUT /v2/${name}/blobs/uploads/none?digest=${digest}`, need: ['pull', 'push'], may: [404] },
    { line: `DELETE /v2/${name}/blobs/uploads/none`, need: ['pull', 'push'], may: [404] },
  ],
  referrers: (name) => [{ line: `GET /v2/${name}/referrers/${manifestDigest}`, need: ['pull'], may: [200, 404] }],
  'bad-name': () => [{ line: 'GET /v2/UPPER/case/manifests/1', need: 'not allowed', may: [400] }],
};

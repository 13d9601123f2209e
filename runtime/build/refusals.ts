// What clients may ask of a build and there is not here: it is refused before anything is done, never passed over.

import { parseReference } from '../images/reference.ts';
import { codes, GrpcError } from './grpc/status.ts';
import { detectSyntax } from './language/directives.ts';
import { LanguageError } from './language/source.ts';
import type { SolveRequest } from './messages/control_pb.ts';

/** What a client may allow a build beyond what each may do. */
const grantable = new Set(['network.host']);

/** Throws GrpcError. */
export function checkRequest({ entitlements, sourcePolicy }: SolveRequest): void {
  for (const entitlement of entitlements)
    if (!grantable.has(entitlement))
      throw new GrpcError(
        codes.unknown,
        `granting entitlement ${entitlement.slice(0, 100)} is not allowed by build daemon configuration`,
      );
  if (sourcePolicy.length > 0)
    throw new GrpcError(codes.unknown, 'source policies are not there yet: a build would not be held to this one');
}

/** What makes a build must be a frontend that reads Dockerfiles; none is named where a client sends the graph of a build (LLB). Throws GrpcError. */
export function checkKind(frontend: string): void {
  if (frontend === '')
    throw new GrpcError(codes.unimplemented, 'no build graph is taken here: builds are made of Dockerfiles');
  if (frontend !== 'dockerfile.v0' && frontend !== 'gateway.v0')
    throw new GrpcError(
      codes.unimplemented,
      `no frontend ${frontend.slice(0, 40)} is here: builds are made of Dockerfiles`,
    );
}

/** What clients may ask for that a frontend must know, as BuildKit names it. */
const capabilities: ReadonlySet<string> = new Set(
  ['inputs', 'subrequests', 'contexts', 'gitquerystring'].map((name) => `moby.buildkit.frontend.${name}`),
);

/** `attributes`: those of the `dockerfile.v0` frontend. Throws GrpcError. */
export function checkAttributes(attributes: ReadonlyMap<string, string>): void {
  for (const text of (attributes.get('frontend.caps') ?? '').split(',').filter(Boolean)) {
    const name = text.replace(/\+.*/s, '');
    if (!capabilities.has(name))
      throw new GrpcError(codes.unimplemented, `unsupported frontend capability ${name.slice(0, 100)}`, [
        { typeUrl: 'github.com/moby/buildkit/errdefs.FrontendCap+json', value: { name: name.slice(0, 100) } },
      ]);
  }
  if (attributes.get('contextsubdir'))
    throw new GrpcError(
      codes.unknown,
      'a directory within an archive is no context here: send it as an archive of its own',
    );
  if (attributes.get('cgroup-parent'))
    throw new GrpcError(
      codes.unknown,
      'a cgroup of its own is not possible on a host of this engine: leave --cgroup-parent out; builds live below their host',
    );
  for (const name of attributes.keys())
    if (name.startsWith('attest:'))
      throw new GrpcError(
        codes.unknown,
        `attestations are not there yet: leave --${name.slice('attest:'.length, 40)} out`,
      );
}

/** The frontend that a file asks for, or a client in its place, must be the one that there is. Throws LanguageError and GrpcError. */
export function checkFrontend(text: string, attributes: ReadonlyMap<string, string>): void {
  const given = attributes.get('build-arg:BUILDKIT_SYNTAX') || attributes.get('source') || '';
  const directive = given === '' ? detectSyntax(text) : null;
  const name = given === '' ? (directive?.value ?? '') : (given.split(' ')[0] ?? '');
  if (name === '' || isOwn(name)) return;
  const message = `no frontend ${name.slice(0, 100)} is here: Dockerfiles are read by the builder itself, as docker/dockerfile:1 reads them`;
  if (!directive) throw new GrpcError(codes.unknown, message);
  throw new LanguageError(message, [{ first: directive.line, last: directive.line }]);
}

/** Docker's frontend of Dockerfiles, of any version and from any registry. */
function isOwn(name: string): boolean {
  if (name === 'dockerfile.v0') return true;
  try {
    const { path } = parseReference(name);
    return /(^|\/)docker\/dockerfile(-upstream)?$/.test(path);
  } catch {
    return false;
  }
}

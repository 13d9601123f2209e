// What pages need of the language of Dockerfiles: the builder's own parser and rules, which run in a browser as they are.

export { type ReadDockerfile, readDockerfile } from '@drydock/runtime/dockerfile';

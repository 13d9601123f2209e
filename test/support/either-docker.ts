// A Docker API that the same test asks of an engine of ours, or, with `npm test -- --against dockerd`, of a real dockerd of the
// test's own (which has no registry: what pulls is for ours alone).

import { randomBytes } from 'node:crypto';
import { ask, expect, expectSending } from '../runtime/api/exchange.ts';
import { createDockerHost } from './docker-host.ts';
import { startDockerd } from './dockerd.ts';
import type { RunningEngine } from './engine.ts';
import { sharedEngine } from './shared.ts';

/** For `skip` of a test that only an engine of ours can pass, with why in a comment, and for where the two differ. */
export const isReference = process.env.TEST_AGAINST === 'dockerd';

export class EitherDocker implements AsyncDisposable {
  readonly socket: string;
  readonly #engine: RunningEngine | null;
  readonly #owner: AsyncDisposable;

  /** `engine` is null where a real dockerd answers. */
  constructor(socket: string, owner: AsyncDisposable, engine: RunningEngine | null) {
    this.socket = socket;
    this.#owner = owner;
    this.#engine = engine;
  }

  /** For tests that skip a real dockerd. Throws where one answers. */
  get engine(): RunningEngine {
    if (!this.#engine) throw new Error('a real dockerd has no engine of ours');
    return this.#engine;
  }

  /** Creates a container of busybox; gives its ID. */
  async create(name: string, Cmd: readonly string[], more: object = {}): Promise<string> {
    const sent = { Image: 'busybox', Cmd, ...more };
    return ((await expectSending(this.socket, `POST /containers/create?name=${name}`, sent, 201)) as { Id: string }).Id;
  }

  async run(name: string, Cmd: readonly string[], more: object = {}): Promise<string> {
    const id = await this.create(name, Cmd, more);
    await expect(this.socket, `POST /containers/${name}/start`, 204);
    return id;
  }

  /** What a container with a terminal wrote until its end. */
  async output(Cmd: readonly string[], more: object = {}): Promise<string> {
    const id = await this.run(`out-${randomBytes(4).toString('hex')}`, Cmd, { Tty: true, ...more });
    await expect(this.socket, `POST /containers/${id}/wait`, 200);
    const { body } = await ask(this.socket, `GET /containers/${id}/logs?stdout=1&stderr=1`);
    return String(body).replaceAll('\r\n', '\n');
  }

  /** Creates an exec with both outputs; gives its ID. */
  async exec(container: string, Cmd: readonly string[], more: object = {}): Promise<string> {
    const sent = { AttachStdout: true, AttachStderr: true, Cmd, ...more };
    return ((await expectSending(this.socket, `POST /containers/${container}/exec`, sent, 201)) as { Id: string }).Id;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owner[Symbol.asyncDispose]();
  }
}

export async function openDocker(): Promise<EitherDocker> {
  if (isReference) {
    const dockerd = await startDockerd();
    if (!dockerd) throw new Error('no dockerd is installed here, nor unpacked in /opt/dockerd*');
    return new EitherDocker(dockerd.socket, dockerd, null);
  }
  const engine = await sharedEngine();
  const { socket } = await createDockerHost(engine, 'either');
  return new EitherDocker(socket, engine, engine);
}

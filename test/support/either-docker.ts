// A Docker API that the same test asks of an engine of ours and of a real dockerd: TEST_AGAINST=unix:///run/docker.sock names a
// dockerd that has the image busybox:latest; without it a host of an engine of the test's own answers. Containers get a label by
// which they are found and removed at the end.

import { randomBytes } from 'node:crypto';
import { ask, expect, expectSending } from '../runtime/api/exchange.ts';
import { createDockerHost } from './docker-host.ts';
import { startEngine, type TestEngine } from './engine.ts';

const against = process.env.TEST_AGAINST ?? '';
/** For `skip` of a test that only an engine of ours can pass, with why in a comment. */
export const isReference = against !== '';

export class EitherDocker implements AsyncDisposable {
  readonly socket: string;
  /** Null where a real dockerd answers. */
  readonly engine: TestEngine | null;
  readonly #label: string;

  constructor(socket: string, engine: TestEngine | null) {
    this.socket = socket;
    this.engine = engine;
    this.#label = `either-docker-${randomBytes(4).toString('hex')}`;
  }

  /** Creates a container of busybox; gives its ID. */
  async create(name: string, Cmd: readonly string[], more: object = {}): Promise<string> {
    const sent = { Image: 'busybox', Cmd, Labels: { [this.#label]: '' }, ...more };
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

  async exec(container: string, Cmd: readonly string[], more: object = {}): Promise<string> {
    const sent = { AttachStdout: true, AttachStderr: true, Cmd, ...more };
    return ((await expectSending(this.socket, `POST /containers/${container}/exec`, sent, 201)) as { Id: string }).Id;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.engine) {
      await this.engine[Symbol.asyncDispose]();
      return;
    }
    const filters = encodeURIComponent(JSON.stringify({ label: [this.#label] }));
    const left = (await expect(this.socket, `GET /containers/json?all=1&filters=${filters}`, 200)) as { Id: string }[];
    for (const { Id } of left) await ask(this.socket, `DELETE /containers/${Id}?force=1`);
  }
}

export async function openDocker(): Promise<EitherDocker> {
  if (isReference) return new EitherDocker(against.replace(/^unix:\/\//, ''), null);
  const engine = await startEngine();
  const { socket } = await createDockerHost(engine, 'either');
  return new EitherDocker(socket, engine);
}

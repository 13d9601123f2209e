// One host of a test's engine, for tests that ask its Docker API and look at its processes from outside.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import http from 'node:http';
import { pack } from 'tar-stream';
import type { HostInfo } from '../../runtime/index.ts';
import { ask, expect, expectSending } from '../runtime/api/exchange.ts';
import type { RunningEngine } from './engine.ts';
import { numbersOf, processesBelow } from './outside.ts';
import { until } from './until.ts';

/** A process is there a moment before it executes its own program: until then it is the OCI runtime's, with its files open. */
async function executed(pid: number): Promise<void> {
  await until(`process ${pid} executes its own program`, () => {
    try {
      return !/[/:](crun|runc)/.test(readlinkSync(`/proc/${pid}/exe`));
    } catch {
      return true; // it has ended already
    }
  });
}

/** Of an archive for `docker import`. */
export interface Entry {
  readonly name: string;
  readonly type?: 'directory' | 'symlink';
  readonly mode?: number;
  readonly linkname?: string;
  readonly content?: Buffer;
}

export class DockerHost {
  readonly engine: RunningEngine;
  readonly info: HostInfo;

  constructor(engine: RunningEngine, info: HostInfo) {
    this.engine = engine;
    this.info = info;
  }

  get name(): string {
    return this.info.name;
  }
  get socket(): string {
    return this.info.dockerSocket;
  }
  /** The cgroup above everything that the host runs. */
  get group(): string {
    return `/drydock/${this.engine.instance.name}/${this.info.id}`;
  }

  /** Creates a container of busybox (or `more.Image`); gives its ID. */
  async create(name: string, Cmd: readonly string[], more: object = {}): Promise<string> {
    const place = `POST /containers/create?name=${name}`;
    const body = await expectSending(this.socket, place, { Image: 'busybox', Cmd, ...more }, 201);
    return (body as { Id: string }).Id;
  }

  /** Creates and starts one; gives the machine's number of its process, which executes its own program by then. */
  async run(name: string, Cmd: readonly string[], more: object = {}): Promise<number> {
    await this.create(name, Cmd, more);
    await expect(this.socket, `POST /containers/${name}/start`, 204);
    const pid = await this.pidOf(name);
    await executed(pid);
    return pid;
  }

  /** The container's process as the machine numbers it: the one whose number in the host is the one inspect names. */
  async pidOf(name: string): Promise<number> {
    const { State } = (await expect(this.socket, `GET /containers/${name}/json`, 200)) as { State: { Pid: number } };
    return this.pidFromInside(State.Pid);
  }

  /** The machine's number of the process that is `inside` in the workspace. */
  pidFromInside(inside: number): number {
    const isIt = (pid: number): boolean => {
      try {
        return numbersOf(pid)[1] === inside;
      } catch {
        return false; // another one, that has just ended
      }
    };
    const found = processesBelow(this.group).find(isIt);
    assert.ok(found, `process ${inside} of host ${this.name} is in its cgroup`);
    return found;
  }

  /** Starts another process in a container and does not wait for its end; gives its number, as `run` does. */
  async exec(container: string, Cmd: readonly string[], more: object = {}): Promise<number> {
    const { Id } = (await expectSending(this.socket, `POST /containers/${container}/exec`, { Cmd, ...more }, 201)) as {
      Id: string;
    };
    await expectSending(this.socket, `POST /exec/${Id}/start`, { Detach: true }, 200);
    const { Pid } = (await expect(this.socket, `GET /exec/${Id}/json`, 200)) as { Pid: number };
    const pid = this.pidFromInside(Pid);
    await executed(pid);
    return pid;
  }

  /** Runs a shell script in the workspace, as root by default; the test fails only where it hangs. */
  async shell(script: string, user = 'root'): Promise<{ exitCode: number; stdout: string; stderr: string }> {
    const result = await this.engine.client.run(this.name, {
      argv: ['bash', '-c', script],
      user,
      timeoutMs: 30_000,
    });
    assert.ok(!result.timedOut, `timed out: ${script}`);
    return result;
  }

  /** `docker run --rm` to its end, by the API alone: what it wrote and its exit code. */
  async output(Cmd: readonly string[], more: object = {}): Promise<{ exitCode: number; text: string }> {
    const name = `out-${randomBytes(4).toString('hex')}`;
    await this.create(name, Cmd, { Tty: true, ...more });
    await expect(this.socket, `POST /containers/${name}/start`, 204);
    const { StatusCode } = (await expect(this.socket, `POST /containers/${name}/wait`, 200)) as { StatusCode: number };
    const { body } = await ask(this.socket, `GET /containers/${name}/logs?stdout=1&stderr=1`);
    await expect(this.socket, `DELETE /containers/${name}`, 204);
    return { exitCode: StatusCode, text: String(body) };
  }

  /** `docker import`: one layer with `entries`, named `name`. */
  async import(name: string, entries: readonly Entry[], changes: readonly string[] = []): Promise<void> {
    const archive = pack();
    for (const { content, ...header } of entries) archive.entry(header, content ?? '');
    archive.finalize();
    const request = http.request({
      socketPath: this.socket,
      method: 'POST',
      path: `/images/create?${new URLSearchParams([['fromSrc', '-'], ['repo', name], ['tag', 'latest'], ...changes.map((one) => ['changes', one])])}`,
      headers: { 'Content-Type': 'application/x-tar' },
    });
    // After the answer has begun, its end tells.
    archive.on('error', () => undefined);
    request.on('error', () => undefined);
    archive.pipe(request);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const text = Buffer.concat(await response.toArray()).toString();
    assert.equal(response.statusCode, 200, text);
    assert.doesNotMatch(text, /errorDetail/);
  }
}

/** A new host that has pulled busybox. */
export async function createDockerHost(engine: RunningEngine, name: string): Promise<DockerHost> {
  const host = new DockerHost(engine, await engine.client.createHost(name));
  await expect(host.socket, 'POST /images/create?fromImage=busybox&tag=latest', 200);
  return host;
}

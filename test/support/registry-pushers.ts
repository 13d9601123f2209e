// Clients that push images to a registry, pull and delete them, until its connections are cut; and what they were told about each
// image, to be compared with what a registry that is opened afterwards has.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomInt, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Answer, askRegistry, type OwnRegistry, sha256 } from './own-registry.ts';

const program = fileURLToPath(new URL('./registry-program.ts', import.meta.url));
const pushers = 4;
/** That are looked at again each time, besides the new ones. */
const mostImages = 20;

/** A registry in a process of its own. */
export class RegistryProcess {
  readonly #child: ChildProcess;
  readonly url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** With `collect` it collects all the time. */
  static async start(directory: string, ...options: readonly 'collect'[]): Promise<RegistryProcess> {
    const child = spawn(process.execPath, [program, directory, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
    assert.ok(child.stdout);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return new RegistryProcess(child, `http://${line.toString().trim()}`);
  }

  /** It does nothing more, and is there still. */
  stop(): void {
    this.#child.kill('SIGSTOP');
  }

  /** `kill -9`; gone when it resolves. */
  async kill(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}

/** An image as its pusher knows it. `asked`: no answer has come, so it may be there or not. */
interface Image {
  readonly repository: string;
  readonly text: string;
  readonly layers: readonly string[];
  state: 'push asked' | 'pushed' | 'deletion asked' | 'deleted';
}

export class Pushers {
  readonly #images: Image[] = [];
  #acknowledged = 0;

  /**
   * Lets them push until they are cut off: then `ended` resolves. `moment` resolves in the middle of what some of them ask, when at
   * least one image of these pushers was acknowledged.
   */
  begin(url: string): { readonly moment: Promise<unknown>; readonly ended: Promise<void> } {
    const moment = Promise.withResolvers<void>();
    let left = randomInt(200);
    const answered = (): void => {
      if (--left < 0 && this.#acknowledged > 0) setTimeout(moment.resolve, randomInt(5));
    };
    const cut = async (n: number): Promise<void> => {
      const error = await this.#push(url, n, answered).catch((error: NodeJS.ErrnoException) => error);
      assert.match(String(error?.code), /^E(CONNRESET|CONNREFUSED|PIPE)$/, String(error));
    };
    const all = Array.from({ length: pushers }, (_, n) => cut(n));
    const ended = Promise.all(all).then(() => undefined);
    return { moment: Promise.race([moment.promise, ended]), ended };
  }

  async #push(url: string, n: number, answered: () => void): Promise<undefined> {
    const repository = `kill/${n}`;
    const ask = async (line: string, body?: string): Promise<Answer> => {
      const [method = '', target = ''] = line.split(' ');
      const answer = await askRegistry(url, method, target, body === undefined ? {} : { body });
      answered();
      return answer;
    };
    const mine = this.#images.filter((image) => image.repository === repository);
    for (;;) {
      const layers = [layerOf(`shared ${randomInt(4)}`), layerOf(randomUUID())];
      const text = manifestOf(layers);
      for (const blob of ['{}', ...layers]) {
        const begun = await ask(`POST /v2/${repository}/blobs/uploads/`);
        const half = Math.floor(blob.length / 2);
        await ask(`PATCH ${begun.header('location')}`, blob.slice(0, half));
        await ask(`PUT ${begun.header('location')}?digest=${sha256(blob)}`, blob.slice(half));
      }
      const image: Image = { repository, text, layers, state: 'push asked' };
      this.#images.push(image);
      mine.push(image);
      const { status, body } = await ask(`PUT /v2/${repository}/manifests/latest`, text);
      // On a busy machine the blobs may have outlived the short grace that they have here.
      if (status === 201) {
        image.state = 'pushed';
        this.#acknowledged++;
      } else assert.match(body.toString(), /MANIFEST_BLOB_UNKNOWN/);
      const other = mine[randomInt(mine.length)];
      if (other?.state !== 'pushed' || randomInt(2) === 0) continue;
      const got = await ask(`GET /v2/${repository}/blobs/${sha256(other.layers[1] ?? '')}`);
      assert.deepEqual([got.status, sha256(got.body)], [200, sha256(other.layers[1] ?? '')]);
      other.state = 'deletion asked';
      assert.equal((await ask(`DELETE /v2/${repository}/manifests/${sha256(other.text)}`)).status, 202);
      other.state = 'deleted';
    }
  }

  /** What was acknowledged is there, what was deleted is not, and nothing is half. */
  async compare(served: OwnRegistry): Promise<void> {
    assert.deepEqual(served.registry.check(), []);
    for (const image of this.#images) {
      const there = await isThere(served, image);
      if (image.state === 'pushed') assert.ok(there, 'an image that was acknowledged is gone');
      if (image.state === 'deleted') assert.ok(!there, 'an image that was deleted is back');
      image.state = there ? 'pushed' : 'deleted';
    }
    this.#images.splice(0, Infinity, ...this.#images.filter(({ state }) => state === 'pushed').slice(-mostImages));
  }
}

function manifestOf(layers: readonly string[]): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { digest: sha256('{}'), size: 2 },
    layers: layers.map((layer) => ({ digest: sha256(layer), size: layer.length })),
  });
}

/** Of 50 to 250 KB. Pushers have some in common. */
function layerOf(name: string): string {
  const seed = createHash('sha256').update(name).digest('hex');
  return seed.repeat(800 + (Number.parseInt(seed.slice(0, 4), 16) % 3200));
}

/** That it is there means whole. */
async function isThere(served: OwnRegistry, { repository, text, layers }: Image): Promise<boolean> {
  const manifest = await served.ask(`GET /v2/${repository}/manifests/${sha256(text)}`);
  if (manifest.status === 404) return false;
  assert.deepEqual([manifest.status, manifest.body.toString()], [200, text]);
  for (const layer of layers) {
    const got = await served.ask(`GET /v2/${repository}/blobs/${sha256(layer)}`);
    assert.deepEqual([got.status, sha256(got.body)], [200, sha256(layer)]);
  }
  return true;
}

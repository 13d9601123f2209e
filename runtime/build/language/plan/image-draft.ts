// The image that a stage becomes, while its instructions are applied.

import { cut } from '../go-text.ts';
import type { HistoryEntry, ImageConfig, ImageDocument } from '../image-document.ts';

/** Those that are set as a whole. */
type Settings = {
  -readonly [Key in keyof Omit<
    ImageConfig,
    'Env' | 'Labels' | 'ExposedPorts' | 'Volumes' | 'OnBuild'
  >]: ImageConfig[Key];
};

/** What BuildKit writes of an entry of the history that it made. */
const comment = 'buildkit.dockerfile.v0';

/** In the order of names, as Go writes a map: clients send labels in any order, and the same image is to have the same ID. */
function byName<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  return Object.fromEntries([...entries].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
}

const nothings = (names: ReadonlySet<string>): Record<string, Record<string, never>> =>
  byName(Array.from(names, (name) => [name, {}] as const));

export class ImageDraft {
  /** All but `config` and `history`. */
  document: ImageDocument;
  readonly config: Settings;
  /** In the order in which they were first set. */
  readonly environment: Map<string, string>;
  readonly labels: Map<string, string>;
  readonly ports: Set<string>;
  readonly volumes: Set<string>;
  /** What is done where another image begins with this one. */
  triggers: string[];
  readonly #history: HistoryEntry[];

  constructor(image: ImageDocument | ImageDraft) {
    if (image instanceof ImageDraft) {
      this.document = image.document;
      this.config = { ...image.config };
      this.environment = new Map(image.environment);
      this.labels = new Map(image.labels);
      this.ports = new Set(image.ports);
      this.volumes = new Set(image.volumes);
      this.triggers = [...image.triggers];
      this.#history = [...image.#history];
      return;
    }
    const { config = {}, history = [], ...document } = image;
    const { Env = [], Labels, ExposedPorts, Volumes, OnBuild, ...settings } = config;
    this.document = document;
    this.config = settings;
    this.environment = new Map(
      Env.map((variable) => {
        const [name, value] = cut(variable, '=');
        return [name, value ?? ''];
      }),
    );
    this.labels = new Map(Object.entries(Labels ?? {}));
    this.ports = new Set(Object.keys(ExposedPorts ?? {}));
    this.volumes = new Set(Object.keys(Volumes ?? {}));
    this.triggers = [...(OnBuild ?? [])];
    this.#history = [...history];
  }

  /** About how much a copy of it costs. */
  get size(): number {
    return [this.environment, this.labels, this.ports, this.volumes].reduce((sum, { size }) => sum + size, 0);
  }

  /** `epoch`: SOURCE_DATE_EPOCH, in seconds. */
  addHistory(createdBy: string, hasLayer: boolean, epoch: number | null): void {
    this.#history.push({
      ...(epoch !== null && { created: new Date(epoch * 1000).toISOString().replace('.000Z', 'Z') }),
      created_by: createdBy,
      comment,
      ...(!hasLayer && { empty_layer: true }),
    });
  }

  /** What is empty is left out, as where there is none. */
  finished(): ImageDocument {
    const { labels, ports, volumes, triggers } = this;
    const { Cmd, Entrypoint, ...config } = this.config;
    return {
      ...this.document,
      config: {
        ...config,
        ...(Cmd && Cmd.length > 0 && { Cmd }),
        ...(Entrypoint && Entrypoint.length > 0 && { Entrypoint }),
        ...(this.environment.size > 0 && {
          Env: Array.from(this.environment, ([name, value]) => `${name}=${value}`),
        }),
        ...(labels.size > 0 && { Labels: byName(labels) }),
        ...(ports.size > 0 && { ExposedPorts: nothings(ports) }),
        ...(volumes.size > 0 && { Volumes: nothings(volumes) }),
        ...(triggers.length > 0 && { OnBuild: [...triggers] }),
      },
      history: [...this.#history],
    };
  }
}

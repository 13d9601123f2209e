// docker commit: what a container has changed of its image becomes an image of its own.

import { packLayerFile } from '../archives/tree-work.ts';
import { applyChanges } from '../images/changes.ts';
import type { ImageConfig } from '../images/image.ts';
import { setFrozen } from '../kernel/cgroups.ts';
import type { Container } from './container.ts';
import { useOwnLayer } from './container-files.ts';
import type { ContainerConfig } from './container-record.ts';
import { emit } from './events.ts';
import { watchHealth } from './health-checks.ts';
import { freeze } from './pause.ts';

export interface CommitOptions {
  readonly repository: string;
  readonly tag: string;
  readonly author: string;
  readonly comment: string;
  /** Instructions of a Dockerfile. */
  readonly changes: readonly string[];
  /** What the client wants in place of the container's own configuration; what it leaves out is the container's. */
  readonly config: ImageConfig;
  /** Its processes stand still meanwhile. */
  readonly pause: boolean;
  readonly dockerVersion: string;
  readonly signal: AbortSignal;
}

/** The new image's ID. Throws invalid for an instruction or a name that cannot be, conflict where it is being removed. */
export async function commitContainer(container: Container, options: CommitOptions): Promise<string> {
  const { host, record, id } = container;
  const { signal, repository, tag, author, comment } = options;
  const config = applyChanges(options.changes, { ...imageConfig(record.config), ...options.config });
  const imageId = await host.engine.archives.pass(host.name, async () => {
    await using _paused = options.pause ? await pausedMeanwhile(container) : null;
    using layer = await useOwnLayer(container, signal);
    const { own } = layer;
    return await host.images.commit({
      parentId: record.imageId,
      config,
      author,
      comment,
      createdBy: (record.config.Cmd ?? []).join(' '),
      containerId: id,
      repository,
      tag,
      dockerVersion: options.dockerVersion,
      signal: layer.signal,
      pack: (file, maxBytes) =>
        packLayerFile(
          { kind: 'layer', own, below: null, uidBase: host.record.uidBase, file, maxBytes, places: [] },
          layer.signal,
        ),
    });
  });
  const imageRef = repository === '' ? '' : `${repository}:${tag || 'latest'}`;
  emit(container, 'commit', { comment, imageID: imageId, imageRef });
  return imageId;
}

/** What of a container's configuration is of use in an image. */
function imageConfig(config: ContainerConfig): ImageConfig {
  const { User, ExposedPorts, Env, Entrypoint, Cmd, Volumes, WorkingDir, Labels, StopSignal, OnBuild, Healthcheck } =
    config;
  return {
    User,
    Env,
    Entrypoint,
    Cmd,
    Volumes,
    WorkingDir,
    OnBuild,
    ...(Object.keys(Labels).length > 0 && { Labels }),
    ...(ExposedPorts && { ExposedPorts }),
    ...(StopSignal !== undefined && { StopSignal }),
    ...(Healthcheck && { Healthcheck }),
  };
}

/** Its processes go on when this is disposed of; nothing for a container that does not run, or is paused already. */
async function pausedMeanwhile(container: Container): Promise<AsyncDisposable | null> {
  const isPaused = await container.withLock(async () => {
    if (container.state.status !== 'running') return false;
    await freeze(container);
    emit(container, 'pause');
    return true;
  });
  if (!isPaused) return null;
  return {
    [Symbol.asyncDispose]: () =>
      container.withLock(async () => {
        if (container.state.status !== 'paused') return;
        await setFrozen(container.group, false);
        container.saveState({ status: 'running' });
        watchHealth(container);
        emit(container, 'unpause');
      }),
  };
}

// `docker image inspect`: GET /images/X/json.

import { resolve } from './resolve.ts';
import type { HostView } from './view.ts';

export function inspect(view: HostView, text: string): object {
  const known = resolve(view, text);
  const { details, image, imageId } = known;
  return {
    Id: imageId,
    RepoTags: view.own.tags(imageId),
    RepoDigests: view.own.digests(imageId),
    Parent: view.own.get(imageId)?.parentId ?? '',
    Comment: details.comment,
    Created: image.created,
    DockerVersion: details.dockerVersion,
    Author: details.author,
    Architecture: details.architecture,
    ...(details.variant !== undefined && { Variant: details.variant }),
    Os: details.os,
    Size: view.contents.size(known),
    // Where the layers lie is the machine's business; nothing that students use reads it.
    GraphDriver: { Data: null, Name: 'overlay2' },
    RootFS: { Type: 'layers', ...(known.diffIds.length > 0 && { Layers: known.diffIds }) },
    Metadata: { LastTagTime: view.own.get(imageId)?.lastTagTime ?? '0001-01-01T00:00:00Z' },
    Config: configBody(known.image.config),
  };
}

/** The keys of an image's configuration that Docker always shows. */
export const emptyConfig = {
  Cmd: null,
  Entrypoint: null,
  Env: null,
  Labels: null,
  OnBuild: null,
  User: '',
  Volumes: null,
  WorkingDir: '',
};

/** Those, and of the rest the ones that are set, in Docker's order. */
function configBody(config: object): object {
  const all = { ...emptyConfig, ...config };
  return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
}

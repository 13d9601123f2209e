// Fields in answers about images and the disk that only clients of older API versions get.

import { emptyConfig } from '../images/inspect.ts';
import { compareVersions } from './versions.ts';

type Body = Readonly<Record<string, unknown>>;

const before = (version: string, changed: string): boolean => compareVersions(version, changed) < 0;

/** Keys that moby keeps in an image's configuration for clients that read it as a container's. */
const containerDefaults = {
  AttachStderr: false,
  AttachStdin: false,
  AttachStdout: false,
  Domainname: '',
  Hostname: '',
  Image: '',
  OpenStdin: false,
  StdinOnce: false,
  Tty: false,
};

/** The body of `GET /images/X/json`. */
export function imageInVersion(version: string, body: Body): Body {
  return {
    ...body,
    ...(before(version, '1.45') && { ContainerConfig: { ...containerDefaults, ...emptyConfig } }),
    ...(before(version, '1.44') && { VirtualSize: body.Size }),
    ...(before(version, '1.50') && { Config: { ...containerDefaults, ...Object(body.Config) } }),
  };
}

/** One image of `GET /images/json`. */
export function imageSummaryInVersion(version: string, body: Body): Body {
  const { RepoTags: tags, RepoDigests: digests } = body;
  const has = (list: unknown): boolean => Array.isArray(list) && list.length > 0;
  const nameless = !has(tags) && !has(digests);
  return {
    ...body,
    ...(before(version, '1.51') && { Containers: -1 }),
    ...(before(version, '1.44') && { VirtualSize: body.Size }),
    ...(before(version, '1.43') && {
      RepoTags: nameless ? ['<none>:<none>'] : has(tags) ? tags : null,
      RepoDigests: nameless ? ['<none>@<none>'] : has(digests) ? digests : null,
    }),
  };
}

/** The body of `GET /system/df`. */
export function diskUsageInVersion(
  version: string,
  body: Body & { readonly Images: readonly { readonly Size?: unknown }[] | null },
): Body {
  const images = before(version, '1.44')
    ? body.Images?.map((image) => ({ ...image, VirtualSize: image.Size }))
    : body.Images;
  return { ...body, Images: images ?? null };
}

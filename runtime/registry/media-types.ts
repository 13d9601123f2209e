// The media types of documents that the registry knows (image-spec media-types.md; Docker's "Image Manifest V2, Schema 2").

export const mediaTypes = {
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
} as const;

export type DocumentType = (typeof mediaTypes)[keyof typeof mediaTypes];

export function documentType(name: string): DocumentType | null {
  return Object.values(mediaTypes).find((type) => type === name) ?? null;
}

/** Of layers that may not be handed on, and so need not be in a registry. */
export function isForeign(layerType: string): boolean {
  return (
    layerType.startsWith('application/vnd.oci.image.layer.nondistributable.') ||
    layerType === 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'
  );
}

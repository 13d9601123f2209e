// Repositories that the registry shows and does not keep: the official images, which somebody else has and everybody may pull.

export interface OfficialManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly body: Buffer;
}

export interface OfficialBlob {
  readonly size: number;
  /** A file that nobody changes, or the bytes themselves. */
  readonly content: { readonly path: string } | { readonly bytes: Buffer };
}

export interface OfficialRepositories {
  has(repository: string): boolean;
  /** Their names, in order. */
  repositories(): readonly string[];
  tags(repository: string): readonly string[];
  /** By a tag or a digest. Throws Refusal. */
  manifest(repository: string, reference: string): Promise<OfficialManifest>;
  /** Null where no image of the repository has it. */
  blob(repository: string, digest: string): OfficialBlob | null;
}

// What the thread of a registry is asked for, and what it answers: plain data that goes from thread to thread.

import type { ErrorKind } from '../errors.ts';
import type { BroughtConfiguration } from '../images/contents.ts';
import type { Credentials } from './credentials.ts';
import type { FailureOptions } from './failure.ts';
import type { Descriptor, Platform } from './manifest.ts';
import type { SentManifest } from './push-manifest.ts';
import type { MachineReach, Reach } from './reach.ts';
import type { UploadBlob, Uploaded } from './upload.ts';

/** What a thread is started for. */
export interface RegistryThreadData {
  readonly reach: Reach | MachineReach;
  readonly domain: string;
  /** The repository; empty for a login. */
  readonly path: string;
  /** As people write the repository, for messages. */
  readonly shown: string;
  readonly credentials: Credentials;
  readonly actions: 'pull' | 'pull,push';
}

export interface FoundImage {
  /** That it says it is for, as Docker writes it. */
  readonly platform: string;
  /** Whether that is the platform that was asked for. */
  readonly fits: boolean;
  readonly layers: readonly Descriptor[];
  readonly configuration: BroughtConfiguration;
}

/** By name: what goes with the question, and the answer. */
export interface RegistryJobs {
  login: { ask: Record<never, never>; answer: { identityToken: string } };
  tags: { ask: Record<never, never>; answer: readonly string[] };
  /** What the tag or digest names: an index, or the manifest. Asked for before `image`. `note`: what whoever pulls should know of it. */
  top: { ask: { readonly reference: string }; answer: Descriptor & { readonly note?: string } };
  image: {
    ask: {
      readonly reference: string;
      readonly platform: Platform;
      readonly maxConfigurationBytes: number;
      /** A new file, for the configuration. */
      readonly path: string;
    };
    answer: FoundImage;
  };
  /** The manifest or index of a tag or digest, as it is; null where the tag has the digest that is known. */
  fetch: {
    ask: { readonly reference: string; readonly known: string | null };
    answer: { readonly digest: string; readonly found: { readonly bytes: Uint8Array; readonly type: string } | null };
  };
  describe: {
    ask: { readonly reference: string };
    answer: { readonly descriptor: Descriptor; readonly platforms: readonly Platform[] };
  };
  download: { ask: { readonly descriptor: Descriptor; readonly path: string }; answer: null };
  upload: { ask: UploadBlob; answer: Uploaded };
  manifest: {
    ask: { readonly reference: string; readonly mediaType: string; readonly text: string };
    answer: SentManifest;
  };
}

export type JobName = keyof RegistryJobs;

export interface Question<Name extends JobName = JobName> {
  readonly id: number;
  readonly name: Name;
  readonly ask: RegistryJobs[Name]['ask'];
}

export type Message =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | {
      readonly kind: 'failed';
      readonly id: number;
      readonly errorKind: ErrorKind;
      readonly message: string;
      /** What the registry said, or where it could not be asked. */
      readonly failure: (FailureOptions & { readonly message: string }) | null;
    }
  | { readonly kind: 'bytes'; readonly id: number; readonly bytes: number }
  | { readonly kind: 'retry'; readonly id: number; readonly seconds: number };

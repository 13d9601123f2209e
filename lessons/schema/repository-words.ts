// What a check may ask of registries: what a repository holds, what a host has pushed and pulled, where an image came from.

import { z } from 'zod';
import { formed, hostName, imageName, taskId } from './words.ts';

const part = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
/** As Docker takes it, without tag and digest; the hub's where no registry is named. */
export const repositoryName = formed(
  new RegExp(`^([a-zA-Z0-9.-]{1,253}(:\\d{1,5})?/)?${part}(/${part}){0,7}$`),
  'is no name of a repository, such as "{{namespace}}/web" or localhost:5000/web, without a tag',
);
const tag = z
  .union([z.int(), z.string()])
  .transform(String)
  .pipe(formed(/^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}$/, 'is no tag'));
/** Stands among hosts for whoever has not logged in. */
export const anonymous = 'anonymous';
const pullers = z.array(hostName).min(1).max(5);

export const repository = z
  .strictObject({
    host: hostName.optional(),
    name: repositoryName,
    tls: z.boolean().optional(),
    login: z.strictObject({ user: z.string().min(1).max(100), password: z.string().min(1).max(200) }).optional(),
    tag: tag.optional(),
    tags: z.array(tag).min(1).max(20).optional(),
    exists: z.boolean().optional(),
    digest: formed(/^sha256:[0-9a-f]{64}$/, 'is no digest: sha256: and 64 hexadecimal digits').optional(),
    sameTag: tag.optional(),
    otherThanTag: tag.optional(),
    sameImage: imageName.optional(),
    visibility: z.enum(['public', 'private']).optional(),
    mayPull: pullers.optional(),
    mayNotPull: pullers.optional(),
  })
  .refine(
    ({ tag, digest, sameTag, otherThanTag, sameImage }) =>
      tag !== undefined || [digest, sameTag, otherThanTag, sameImage].every((each) => each === undefined),
    'say with `tag` which tag that is',
  )
  .refine(
    ({ exists, ...rest }) =>
      exists !== false || !Object.keys(rest).some((key) => !['host', 'name', 'tag', 'tls', 'login'].includes(key)),
    'what is not there is not anything else: say `name`, and perhaps `tag`',
  )
  .superRefine(({ name, tls, login, mayPull, mayNotPull }, context) => {
    if (isOnHub(name) && (tls !== undefined || login !== undefined))
      context.addIssue({
        code: 'custom',
        message: '`tls` and `login` are for a registry of the student’s own: localhost:5000/web',
      });
    if (!isOnHub(name) && (mayPull ?? mayNotPull) !== undefined)
      context.addIssue({
        code: 'custom',
        message: '`mayPull` and `mayNotPull` are of the hub: say `visibility` of a registry of the student’s own',
      });
  });

const count = z.int().min(0).max(127);

export const pushed = z.strictObject({
  host: hostName.optional(),
  name: repositoryName,
  tag: tag.optional(),
  layersSent: count.optional(),
  layersSentAtMost: count.optional(),
  layersSentAtLeast: count.optional(),
  layersThereAtLeast: count.optional(),
  since: taskId.optional(),
});

export const pulled = z
  .strictObject({
    host: hostName.optional(),
    name: repositoryName,
    tag: tag.optional(),
    byDigest: z.boolean().optional(),
    pushedBy: hostName.optional(),
    layersBrought: count.optional(),
    layersBroughtAtMost: count.optional(),
    layersBroughtAtLeast: count.optional(),
    layersThereAtLeast: count.optional(),
    since: taskId.optional(),
  })
  .refine(({ tag, byDigest }) => tag === undefined || byDigest !== true, 'say one of tag and byDigest');

/** Of a container or an image: where it came from. */
export const fromRepository = z
  .strictObject({
    name: repositoryName,
    tag: tag.optional(),
    pushedBy: hostName.optional(),
    byDigest: z.boolean().optional(),
  })
  .refine(
    ({ name, tag }) => tag === undefined || isOnHub(name),
    'is asked of the hub alone: say `pushedBy`, or put a `repository` check with `sameImage` beside it',
  );

/** Whether a repository is the hub's: no other registry is named. The first part is one where it looks like a host's name, as in Docker. */
export function isOnHub(name: string): boolean {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(0, slash));
  return first === hubName || !(/[.:]/.test(first) || first === 'localhost');
}

/** The hub's name in hosts. */
export const hubName = 'hub.drydock';

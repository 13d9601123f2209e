// The kinds of text that lab files are made of. Where a text holds `{{name}}`, its form is checked once a value stands there.

import { z } from 'zod';
import { holdsParameter } from './fill-in.ts';

/** A text of this form, or one with a parameter in it. */
export function formed(form: RegExp, means: string) {
  return z.string().refine((text) => holdsParameter(text) || form.test(text), means);
}

/** A whole number as text, so that a parameter can stand for it: `8080`, `"8080"`, `"{{port}}"`. */
export function numeral(least: number, most: number) {
  return z
    .union([z.int(), z.string()], { error: `must be a whole number from ${least} to ${most}` })
    .transform(String)
    .refine(
      (text) => holdsParameter(text) || (/^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most),
      `must be a whole number from ${least} to ${most}`,
    );
}

export const sentence = z.string().trim().min(1, 'must not be empty').max(600, 'is longer than 600 characters');
export const containerName = formed(
  /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/,
  'is no name of a container: letters, digits, _ . and -',
);
export const imageName = formed(
  /^[a-z0-9][a-zA-Z0-9_./:@-]{0,254}$/,
  'is no name of an image, such as nginx or redis:7',
);
export const hostName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/, 'is no name of a host: a-z, 0-9 and -, 32 characters at most');
/** A lab is taken back to a task by its id, and by these two to its own start and to a copy. */
const otherPoint = /^(start|kept-\d+)$/;
export const taskId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'is no id: a-z, 0-9 and -, 32 characters at most')
  .refine((id) => !otherPoint.test(id), 'is no id for a task: it stands for a point to take the lab back to');
export const portNumber = numeral(1, 65_535);
export const exitCode = z.int('must be a whole number').min(0).max(255);
/** Below the home directory, with `/` between the parts. */
export const homePath = z
  .string()
  .min(1)
  .max(255)
  .refine(
    (path) => !path.startsWith('/') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..'),
    'must be a path below the home directory, without / at its start and without . or .. in it',
  );
/** What is typed or printed: anything that stands on one line. */
export const line = z
  .string()
  .min(1, 'must not be empty')
  .max(1000, 'is longer than 1000 characters')
  .refine((text) => !/[\r\n]/.test(text), 'must stand on one line');
/** Names with values: variables, labels. */
export const labels = z.record(z.string().min(1).max(128), z.string().max(1000));
export const size = formed(/^(none|\d{1,12}[bkmg]?)$/, 'is no size: 64m, 1g or a number of bytes');
export const volumeName = formed(
  /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/,
  'is no name of a volume: letters, digits, _ . and -',
);
/** What one container may call another: a name with dots in it, or an address. */
export const reachedName = formed(/^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,252}$/, 'is no name that a container is found by');
export const ipv4Address = formed(/^\d{1,3}(\.\d{1,3}){3}$/, 'is no IPv4 address');

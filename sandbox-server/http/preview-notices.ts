// What is said on a preview's origin where there is no page of a container to show.

import { kindOf, ServerError } from '../errors.ts';
import { maxPreviewConnections } from '../limits.ts';
import type { Preview } from '../previews/previews.ts';
import type { Notice } from './preview-pages.ts';

export const unknown: Notice = {
  status: 404,
  heading: 'There is no such preview',
  sentence: 'Its lab has ended, or the server was restarted. Open the port again from your lab.',
};
export const notLetIn: Notice = {
  status: 403,
  heading: 'This preview is private',
  sentence: 'Only the student whose lab it is can see it. Open the port from your lab in this browser.',
};
export const linkUsed: Notice = {
  status: 403,
  heading: 'This link has been used',
  sentence: 'A link to a preview works once, and for half a minute. Open the port again from your lab.',
};
export const ended: Notice = {
  status: 410,
  heading: 'This page is of a lab that is gone',
  sentence: 'The lab has ended, or was taken back to an earlier point. Open the port again from the lesson.',
};
export const busy: Notice = {
  status: 503,
  heading: 'Too many connections',
  sentence: `A lab’s pages can have ${maxPreviewConnections} connections at once. Close some of its pages.`,
};
export const badAnswer: Notice = {
  status: 502,
  heading: 'That was no answer',
  sentence: 'Something listens on this port, but what it said is not HTTP, or it hung up.',
};
export const noWorkers: Notice = {
  status: 403,
  heading: 'No service worker can stay here',
  sentence:
    'This address is another page’s at another time, which the worker would then see. Ask for previews with names of their own.',
};
export const malformed: Notice = {
  status: 400,
  heading: 'This request is not well formed',
  sentence: 'Its address must be a path on this host.',
};

function nothingListens({ port, host }: Preview): Notice {
  return {
    status: 502,
    heading: `Nothing answers on port ${port} of ${host}`,
    sentence: 'The container may still be starting, or none publishes this port. This lists what is published:',
    command: 'docker ps',
    waits: true,
  };
}

/** Why a port could not be reached. */
export function noticeOf(error: unknown, preview: Preview): Notice {
  const kind = kindOf(error);
  if (kind === 'gone') return ended;
  if (kind === 'exhausted') return busy;
  if (kind === 'notFound') return nothingListens(preview);
  const sentence =
    error instanceof ServerError ? error.message : 'Its machine rests or is being started. Open the lesson to go on.';
  return { status: 503, heading: 'The lab is not ready', sentence, waits: true };
}

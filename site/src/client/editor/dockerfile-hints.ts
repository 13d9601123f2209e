/** The instructions of a Dockerfile: what each does, in a sentence, with an example. What else can stand in one. */

export interface Instruction {
  readonly name: string;
  readonly does: string;
  readonly example: string;
}

export const instructions: readonly Instruction[] = [
  { name: 'FROM', does: 'Begins the image, or a stage of it, from another image.', example: 'FROM debian:13' },
  {
    name: 'RUN',
    does: 'Runs a command while the image is built, and keeps what it changed as a layer.',
    example: 'RUN apt-get update && apt-get install -y curl',
  },
  {
    name: 'COPY',
    does: 'Copies files from the build’s folder, or from another stage, into the image.',
    example: 'COPY src/ /app/',
  },
  {
    name: 'ADD',
    does: 'Copies as COPY does, and also unpacks archives and fetches addresses. Prefer COPY where it does.',
    example: 'ADD site.tar.gz /srv/',
  },
  {
    name: 'WORKDIR',
    does: 'Sets the folder that later instructions and the container start in; makes it if needed.',
    example: 'WORKDIR /app',
  },
  {
    name: 'ENV',
    does: 'Sets an environment variable, for the build and for the containers.',
    example: 'ENV PORT=8080',
  },
  {
    name: 'ARG',
    does: 'A value that can be given with docker build --build-arg; not kept for the containers.',
    example: 'ARG VERSION=1.0',
  },
  {
    name: 'EXPOSE',
    does: 'Notes which port the program listens on. It publishes nothing: docker run -p does.',
    example: 'EXPOSE 8080',
  },
  { name: 'USER', does: 'The user that later instructions and the container run as.', example: 'USER app' },
  {
    name: 'CMD',
    does: 'What a container runs where docker run names nothing else. The last one counts.',
    example: 'CMD ["node", "server.js"]',
  },
  {
    name: 'ENTRYPOINT',
    does: 'The program that every container of the image runs; CMD and docker run give its arguments.',
    example: 'ENTRYPOINT ["nginx"]',
  },
  { name: 'VOLUME', does: 'A folder whose files are kept outside the container’s own layer.', example: 'VOLUME /data' },
  { name: 'LABEL', does: 'Notes a name and a value in the image’s description.', example: 'LABEL version="1.0"' },
  {
    name: 'HEALTHCHECK',
    does: 'A command that tells whether the container does its work.',
    example: 'HEALTHCHECK CMD curl -f http://localhost/ || exit 1',
  },
  { name: 'STOPSIGNAL', does: 'The signal that docker stop sends first.', example: 'STOPSIGNAL SIGQUIT' },
  { name: 'SHELL', does: 'The shell that runs commands written as plain text.', example: 'SHELL ["/bin/bash", "-c"]' },
  { name: 'ONBUILD', does: 'An instruction for those who build from this image.', example: 'ONBUILD COPY . /app' },
];

/** The instruction that a line begins with, and how long its name is; undefined where it begins with none. */
export function instructionOf(
  line: string,
): { readonly instruction: Instruction; readonly length: number } | undefined {
  const word = /^\s*([A-Za-z]+)\b/.exec(line);
  const instruction = instructions.find(({ name }) => name === word?.[1]?.toUpperCase());
  return instruction && { instruction, length: word?.[0].length ?? 0 };
}

/** Something to offer at a place. */
export interface Offer {
  readonly label: string;
  readonly insert: string;
  readonly about: string;
}

const flags: Readonly<Record<string, readonly Offer[]>> = {
  FROM: [{ label: '--platform', insert: '--platform=', about: 'The kind of machine that the image is for.' }],
  RUN: [
    {
      label: '--mount=type=cache',
      insert: '--mount=type=cache,target=',
      about: 'A directory that is kept from build to build, and is in no layer.',
    },
    {
      label: '--mount=type=secret',
      insert: '--mount=type=secret,id=',
      about: 'A secret that docker build --secret gives: it is in no layer.',
    },
    {
      label: '--mount=type=bind',
      insert: '--mount=type=bind,source=.,target=',
      about: 'Files of the build context or of a stage, for this command alone.',
    },
    { label: '--mount=type=tmpfs', insert: '--mount=type=tmpfs,target=', about: 'A directory in memory.' },
    { label: '--mount=type=ssh', insert: '--mount=type=ssh ', about: 'The keys of the ssh agent of whoever builds.' },
    { label: '--network=none', insert: '--network=none ', about: 'The command has no network.' },
  ],
  COPY: [
    { label: '--from', insert: '--from=', about: 'Takes the files from another stage, or from an image.' },
    { label: '--chown', insert: '--chown=', about: 'Whom the files belong to: user:group.' },
    { label: '--chmod', insert: '--chmod=', about: 'The files’ permissions: 644, u+x.' },
    {
      label: '--link',
      insert: '--link ',
      about: 'A layer of its own, which can be used again when those below change.',
    },
    { label: '--parents', insert: '--parents ', about: 'Keeps the directories that the files are in.' },
    { label: '--exclude', insert: '--exclude=', about: 'Leaves out what matches.' },
  ],
  ADD: [
    { label: '--chown', insert: '--chown=', about: 'Whom the files belong to: user:group.' },
    { label: '--chmod', insert: '--chmod=', about: 'The files’ permissions: 644, u+x.' },
    { label: '--checksum', insert: '--checksum=sha256:', about: 'What is fetched must have this digest.' },
  ],
  HEALTHCHECK: [
    { label: '--interval', insert: '--interval=30s ', about: 'How often it is asked.' },
    { label: '--timeout', insert: '--timeout=5s ', about: 'How long an answer may take.' },
    { label: '--start-period', insert: '--start-period=10s ', about: 'How long the program may take to begin.' },
    { label: '--retries', insert: '--retries=3 ', about: 'How often it may fail one after another.' },
  ],
};

/** The names of the stages that a text begins before a line, counted from 0. */
export function stagesBefore(text: string, line: number): readonly string[] {
  const lines = text.split('\n').slice(0, line);
  return lines.flatMap((one) => /^\s*FROM\s+(?:--\S+\s+)*\S+\s+AS\s+([\w.-]+)/i.exec(one)?.[1] ?? []);
}

/** What may stand where the cursor is: flags of the instruction, names of stages. `before` is the line up to there. */
export function offersAt(text: string, line: number, before: string): readonly Offer[] {
  const found = instructionOf(before);
  if (found === undefined) return [];
  const { name } = found.instruction;
  const word = /\S*$/.exec(before)?.[0] ?? '';
  const stage = (insert: string): Offer => ({ label: insert, insert, about: 'A stage of this file.' });
  if (name === 'COPY' && word.startsWith('--from=')) return stagesBefore(text, line).map(stage);
  if (name === 'FROM' && !word.startsWith('-') && /^\s*\w+\s+(--\S+\s+)*\S*$/.test(before))
    return stagesBefore(text, line).map(stage);
  return word.startsWith('-') && !word.includes('=') ? (flags[name] ?? []) : [];
}

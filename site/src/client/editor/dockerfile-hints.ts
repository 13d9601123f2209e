/** The instructions of a Dockerfile: what each does, in a sentence, with an example. And what is wrong with a file. */
import { validate } from 'dockerfile-utils';

// dockerfile-utils asks Node's Buffer for the bytes of one character, to find a byte order mark. Browsers have none.
if (!('Buffer' in globalThis)) {
  Object.assign(globalThis, { Buffer: { from: (text: string) => new TextEncoder().encode(text) } });
}

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

export interface DockerfileProblem {
  /** Lines and columns count from 0. */
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
  readonly message: string;
  readonly isError: boolean;
}

const mostProblems = 20;
/** `DiagnosticSeverity.Warning` of the language server protocol. */
const warning = 2;

export function dockerfileProblems(text: string): readonly DockerfileProblem[] {
  return validate(text)
    .slice(0, mostProblems)
    .map(({ range, message, severity }) => ({
      start: range.start,
      end: range.end,
      message: typeof message === 'string' ? message : message.value,
      isError: severity !== warning,
    }));
}

/** The instruction that a line begins with, and how long its name is; undefined where it begins with none. */
export function instructionOf(
  line: string,
): { readonly instruction: Instruction; readonly length: number } | undefined {
  const word = /^\s*([A-Za-z]+)\b/.exec(line);
  const instruction = instructions.find(({ name }) => name === word?.[1]?.toUpperCase());
  return instruction && { instruction, length: word?.[0].length ?? 0 };
}

// Listing a folder and reading a file of a workspace's home.

import fs from 'node:fs';
import type { FileContent, HostFile, HostFolder } from '../client-files.ts';
import { EngineError } from '../errors.ts';
import { pathOf } from '../kernel/beneath.ts';
import { maxFileBytes, maxListedFiles } from '../limits.ts';
import { look, namesIn, typeOf, versionOf } from './entries.ts';
import type { Home } from './home.ts';

export function listFolder(home: Home, path: string): HostFolder {
  return home.open(path, (fd) => {
    if (!fs.fstatSync(fd).isDirectory()) throw new EngineError('invalid', `${path} is no folder`);
    const files: HostFile[] = [];
    let seen = 0;
    for (const name of namesIn(fd, maxListedFiles + 1)) {
      seen++;
      if (seen > maxListedFiles) break;
      const stats = look(`${pathOf(fd)}/${name}`);
      if (stats) files.push({ name, type: typeOf(stats), size: Number(stats.size), version: versionOf(stats) });
    }
    return { files, more: seen > maxListedFiles };
  });
}

export function readFile(home: Home, path: string): FileContent {
  return home.open(path, (fd) => {
    const kind = typeOf(fs.fstatSync(fd, { bigint: true }));
    // Before it is opened: a FIFO would wait for its other end, a device might do something.
    if (kind !== 'file') throw new EngineError('invalid', `${path} is ${kind === 'folder' ? 'a folder' : 'no file'}`);
    const file = fs.openSync(pathOf(fd), fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    try {
      const stats = fs.fstatSync(file, { bigint: true });
      if (stats.size > maxFileBytes) throw tooLarge(path);
      const bytes = Buffer.alloc(maxFileBytes + 1);
      let length = 0;
      for (let read = -1; read !== 0 && length < bytes.length; length += read) {
        read = fs.readSync(file, bytes, length, bytes.length - length, null);
      }
      if (length > maxFileBytes) throw tooLarge(path); // it has grown meanwhile
      return { bytes: bytes.subarray(0, length), version: versionOf(stats) };
    } finally {
      fs.closeSync(file);
    }
  });
}

function tooLarge(path: string): EngineError {
  return new EngineError('tooLarge', `${path} is larger than 1 MiB; use the terminal to look into it`);
}

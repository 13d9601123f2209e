// Where things are: in the clone, and in the data and run directories of one Drydock.

import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The clone that this file is in. */
export const cloneFolder = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
/** The Node that came with the npm packages, relative to the clone. */
export const nodeProgram = 'node_modules/.bin/node';

export const engineSocket = (run: string) => path.join(run, 'engine.sock');
export const supervisorFile = (run: string) => path.join(run, 'supervisor.json');
/** For root and the server's user alone. */
export const operatorFolder = (run: string) => path.join(run, 'server');
export const operatorSocket = (run: string) => path.join(operatorFolder(run), 'operator.sock');
export const storeImage = (data: string) => path.join(data, 'store.img');
export const logFolder = (data: string) => path.join(data, 'log');
/** The server's own records. */
export const serverFolder = (data: string) => path.join(data, 'server');
/** What is served of the lessons: `current` in it leads to their folder and the pages made from them. */
export const contentFolder = (data: string) => path.join(data, 'content');
/** The engine's code, compiled. It runs as root, so it is root's alone. */
export const compiledFolder = (data: string) => path.join(data, 'compiled');

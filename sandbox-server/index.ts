// The one public entry of the server: start it, its settings, and its protocol.

export { readStartingFiles, StartingFilesError } from './labs/starting-files.ts';
export * from './protocol.ts';
export { type RunningServer, startServer } from './server.ts';
export { allowedOrigins, defaultCapacity, type Settings } from './settings.ts';

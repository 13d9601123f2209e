// A hub in a process of its own, to be killed: `hub-program.ts DIRECTORY PLACE [ORIGIN]` says on which port it listens. Its webhooks may go
// to PLACE; it fetches from ORIGIN what is called registry.example.org.

import { OwnHub } from './own-hub.ts';

const [, , directory = '', place = '', origin] = process.argv;
const mirrors = origin === undefined ? [] : [{ name: 'registry.example.org', origin, prefix: '', login: null }];
const hub = await OwnHub.open({ directory, webhooks: { places: [place] }, mirrors: { of: mirrors } });
process.stdout.write(`${hub.domain}\n`);

// A hub in a process of its own, to be killed: `hub-program.ts DIRECTORY PLACE` says on which port it listens. Its webhooks may go to PLACE.

import { OwnHub } from './own-hub.ts';

const [, , directory = '', place = ''] = process.argv;
const hub = await OwnHub.open({ directory, webhooks: { places: [place] } });
process.stdout.write(`${hub.domain}\n`);

// Prints the sign for the door.
const hours = require('node:fs').readFileSync('hours.txt', 'utf8').trim();
console.log(`Open from ${hours}.`);

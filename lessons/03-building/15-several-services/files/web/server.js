// The guest book: counts visits in the cache, and keeps names in the database. It finds both by the names of their services.
const http = require('node:http');
const { query } = require('./lib/postgres.js');
const { command } = require('./lib/redis.js');

const title = 'Guest book';
const database = { host: 'db', user: 'postgres', password: process.env.DB_PASSWORD ?? '' };
const quoted = (text) => `'${text.replaceAll("'", "''")}'`;
const safe = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

const visits = () => command('cache', 'INCR visits').catch(() => 'no cache');

async function guests() {
  try {
    await query(database, 'CREATE TABLE IF NOT EXISTS guests (name text)');
    const names = await query(database, 'SELECT name FROM guests');
    return names.length > 0 ? names.map(safe).join(', ') : 'nobody yet';
  } catch (error) {
    console.log(`database: ${error.message}`);
    return 'no database';
  }
}

async function sign(form) {
  const name = new URLSearchParams(form).get('name') ?? '';
  await query(database, 'CREATE TABLE IF NOT EXISTS guests (name text)');
  await query(database, `INSERT INTO guests VALUES (${quoted(name.slice(0, 80))})`);
  console.log(`${name} has signed`);
}

async function answer(request, response) {
  if (request.method === 'POST') {
    let form = '';
    for await (const part of request) form = (form + part).slice(0, 1000);
    await sign(form).catch((error) => console.log(`not signed: ${error.message}`));
  }
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(`<h1>${title}</h1>
<p>Visits: ${await visits()}</p>
<p>Guests: ${await guests()}</p>
<form method="post"><input name="name"><button>Sign</button></form>
<p>Served by ${require('node:os').hostname()}</p>
`);
}

http.createServer(answer).listen(3000, () => console.log('listening on port 3000'));
process.on('SIGTERM', () => process.exit(0));

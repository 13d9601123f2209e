// The guest book of the café: a page with what guests have written, and a form to write more. The entries are in a database.
import { createServer } from 'node:http';
import { query } from './postgres.mjs';

const title = 'Guest book';

/** Nobody who signs may put HTML into the page. */
const plain = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

async function page() {
  await query('CREATE TABLE IF NOT EXISTS entries (id serial PRIMARY KEY, words text NOT NULL)');
  const entries = await query('SELECT words FROM entries ORDER BY id DESC LIMIT 20');
  return `<!doctype html>
<title>${title}</title>
<h1>${title}</h1>
<form method="post"><input name="words" maxlength="200"> <button>Sign</button></form>
<ul>
${entries.map(([words]) => `  <li>${plain(words)}</li>`).join('\n')}
</ul>
`;
}

async function sign(request) {
  let body = '';
  for await (const piece of request) {
    body += piece;
    if (body.length > 2000) throw new Error('that is too long for a guest book');
  }
  const words = new URLSearchParams(body).get('words')?.trim();
  if (words) await query('INSERT INTO entries (words) VALUES ($1)', [words]);
}

const server = createServer(async (request, response) => {
  try {
    if (request.method === 'POST') {
      await page();
      await sign(request);
      response.writeHead(303, { Location: '/' }).end();
      return;
    }
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(await page());
  } catch (error) {
    console.error(error.message);
    response.writeHead(503, { 'Content-Type': 'text/plain' }).end(`The database does not answer: ${error.message}\n`);
  }
});
server.listen(3000, () => console.log('The guest book is open'));

// What docker stop sends.
process.on('SIGTERM', () => process.exit(0));

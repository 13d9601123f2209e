// The page of the café. What differs from machine to machine is not in this file: it comes from environment variables.
import { createServer } from 'node:http';

const { CAFE_NAME = 'A café without a name', CURRENCY } = process.env;

if (!CURRENCY) {
  console.error('The variable CURRENCY is not set: 4 what?');
  process.exit(1);
}

const menu = [
  ['tomato soup', 4],
  ['bread', 1],
];

const page = `<!doctype html>
<title>${CAFE_NAME}</title>
<h1>${CAFE_NAME}</h1>
<ul>
${menu.map(([dish, price]) => `  <li>${dish}: ${price} ${CURRENCY}</li>`).join('\n')}
</ul>
<p>Version 2</p>
`;

const server = createServer((_request, response) => {
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(page);
});
server.listen(3000, () => console.log(`${CAFE_NAME} is open`));

// What docker stop sends.
process.on('SIGTERM', () => process.exit(0));

// The page of the café. What differs from machine to machine comes from environment variables.
import { createServer } from 'node:http';
import { menu } from './menu.mjs';

const { CAFE_NAME = 'Test kitchen' } = process.env;

const page = `<!doctype html>
<title>${CAFE_NAME}</title>
<h1>${CAFE_NAME}</h1>
<ul>
${menu.map(({ dish, price }) => `  <li>${dish}: ${price} EUR</li>`).join('\n')}
</ul>
`;

const server = createServer((_request, response) => {
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(page);
});
server.listen(3000, () => console.log(`${CAFE_NAME} is open`));

// What docker stop sends.
process.on('SIGTERM', () => process.exit(0));

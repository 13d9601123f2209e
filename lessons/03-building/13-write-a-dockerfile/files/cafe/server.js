// Serves page.html on port 3000, below the name of the café.
const fs = require('node:fs');
const http = require('node:http');

const name = process.env.CAFE ?? 'A café without a name';
const page = () =>
  fs.existsSync('page.html')
    ? fs.readFileSync('page.html', 'utf8')
    : '<p>There is no page yet. Run: node make-page.js</p>\n';

http
  .createServer((_request, answer) => {
    answer.setHeader('Content-Type', 'text/html; charset=utf-8');
    answer.end(`<h1>${name}</h1>\n${page()}`);
  })
  .listen(3000, () => console.log('listening on port 3000'));

// The first process of a container ends on docker stop only if it says so itself.
process.on('SIGTERM', () => process.exit(0));

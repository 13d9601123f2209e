// Serves page.html on port 3000.
const fs = require('node:fs');
const http = require('node:http');

http
  .createServer((_request, answer) => {
    answer.setHeader('Content-Type', 'text/html; charset=utf-8');
    answer.end(fs.readFileSync('page.html', 'utf8'));
  })
  .listen(3000, () => console.log('listening on port 3000'));

process.on('SIGTERM', () => process.exit(0));

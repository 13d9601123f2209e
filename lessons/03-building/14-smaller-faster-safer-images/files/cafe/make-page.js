// Makes page.html out of menu.json. It takes its time, as the tools of large projects do.
const fs = require('node:fs');

const { soup, price } = JSON.parse(fs.readFileSync('menu.json', 'utf8'));
const page = `<h1>Blue Door</h1>\n<p>Today: ${soup}, ${price} euros.</p>\n`;

setTimeout(() => {
  fs.writeFileSync('page.html', page);
  console.log(`page.html is made: ${soup}`);
}, 2000);

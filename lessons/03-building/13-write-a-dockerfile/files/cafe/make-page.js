// Makes page.html out of menu.json.
const fs = require('node:fs');

const { soup, price } = JSON.parse(fs.readFileSync('menu.json', 'utf8'));
fs.writeFileSync('page.html', `<p>Today: ${soup}, ${price} euros.</p>\n`);
console.log(`page.html is made: ${soup}`);

// What the café offers, and at which price.
export const menu = [
  { dish: 'tomato soup', price: 4 },
  { dish: 'bread', price: 1 },
];

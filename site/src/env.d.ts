/** What a lesson's page tells the components in its text while it is built. */
declare namespace App {
  interface Locals {
    lab: import('../../lessons/schema.ts').Lab;
    /** The lesson's id. */
    lesson: string;
    /** How many words of the glossary the page has shown so far. */
    terms?: number;
  }
}

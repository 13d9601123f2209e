/** The course as it is planned, for the list of lessons. A lesson is a link as soon as its text is there. */
export interface Track {
  readonly name: string;
  readonly about: string;
  /** Titles in order; lessons are numbered through all tracks. */
  readonly lessons: readonly string[];
}

export const course: readonly Track[] = [
  {
    name: 'Why containers',
    about: 'What a container is, and what it is good for.',
    lessons: [
      'It works on my machine',
      'Your first container',
      'Images and containers',
      'Containers are processes',
      'Virtual machines and containers',
    ],
  },
  {
    name: 'Using Docker',
    about: 'The commands, and what they talk to.',
    lessons: [
      'Client, daemon, API',
      'The commands you need',
      'Ports',
      'Debugging a container',
      'Volumes',
      'Networks',
      'Sharing a machine',
    ],
  },
  {
    name: 'Building',
    about: 'Images of your own.',
    lessons: ['Write a Dockerfile', 'Smaller, faster, safer images', 'Several services', 'A container by hand'],
  },
  {
    name: 'Shipping',
    about: 'From your machine to the others.',
    lessons: [
      'Registries',
      'A private registry',
      'From development to production',
      'An automated workflow',
      'The whole way',
    ],
  },
];

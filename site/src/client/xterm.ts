/** xterm with our settings. A chunk of its own, loaded only once a lab starts. */
import '@xterm/xterm/css/xterm.css';
import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { type ILink, Terminal } from '@xterm/xterm';
import { characterWidths } from './character-widths.ts';
import { scrollbackLines } from './limits.ts';
import { localAddresses } from './local-address.ts';

export interface Screen {
  readonly terminal: Terminal;
  readonly fit: FitAddon;
  readonly search: SearchAddon;
}

/** A new terminal, not opened yet. `openLink` is asked for a link in the output; nothing opens by itself. */
export function createScreen(openLink: (uri: string) => void): Screen {
  const terminal = new Terminal({
    fontFamily: '"IBM Plex Mono", ui-monospace, monospace',
    fontSize: 14,
    lineHeight: 1.15,
    fontWeightBold: 500,
    cursorInactiveStyle: 'outline',
    scrollback: scrollbackLines,
    minimumContrastRatio: 4.5,
    // The search marks what it finds with decorations, which xterm counts among its proposals, as it does widths.
    allowProposedApi: true,
    theme: steel(),
    linkHandler: { activate: (_event, uri) => openLink(uri), allowNonHttpProtocols: false },
  });
  terminal.unicode.register(characterWidths);
  terminal.unicode.activeVersion = characterWidths.version;
  const fit = new FitAddon();
  const search = new SearchAddon({ highlightLimit: 500 });
  terminal.loadAddon(fit);
  terminal.loadAddon(search);
  terminal.loadAddon(new WebLinksAddon((_event, uri) => openLink(uri)));
  terminal.registerLinkProvider({
    provideLinks: (y, give) => {
      const line = terminal.buffer.active.getLine(y - 1)?.translateToString(true) ?? '';
      give(
        localAddresses(line).map(
          ({ port, path, start, length }): ILink => ({
            text: line.slice(start, start + length),
            range: { start: { x: start + 1, y }, end: { x: start + length, y } },
            activate: () => openLink(`http://localhost:${port}${path}`),
          }),
        ),
      );
    },
  });
  return { terminal, fit, search };
}

/** How what was found is marked; one colour for all, one for the one in hand. */
export const foundMarks = {
  matchBackground: '#2f5f70',
  matchOverviewRuler: '#7fd1d6',
  activeMatchBackground: '#9a5418',
  activeMatchBorder: '#f0a35b',
  activeMatchColorOverviewRuler: '#f0a35b',
};

/** The terminal's colours; the ground is the page's steel, so that it follows the theme. */
export function steel() {
  const lab = document.querySelector('.lab-screen');
  const ground = lab ? getComputedStyle(lab).backgroundColor : '#0f1c26';
  return {
    background: ground,
    foreground: '#d8e4ea',
    cursor: '#f0a35b',
    cursorAccent: ground,
    selectionBackground: '#2f5f70',
    selectionForeground: '#ffffff',
    scrollbarSliderBackground: '#5f7d8e66',
    scrollbarSliderHoverBackground: '#5f7d8eaa',
    scrollbarSliderActiveBackground: '#5f7d8e',
    black: '#22323d',
    red: '#f28b82',
    green: '#7fd3a0',
    yellow: '#f0c46b',
    blue: '#8fb4f0',
    magenta: '#cfa0de',
    cyan: '#7fd1d6',
    white: '#d8e4ea',
    brightBlack: '#8fa7b3',
    brightRed: '#f7aca5',
    brightGreen: '#a0e3ba',
    brightYellow: '#f7d896',
    brightBlue: '#b3cdf7',
    brightMagenta: '#e0c0ea',
    brightCyan: '#a6e3e7',
    brightWhite: '#ffffff',
  };
}

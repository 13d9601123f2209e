/** The page's colours as Monaco's themes: what a colour means in the page it means in the editor. */
import type * as Monaco from 'monaco-editor/editor.js';

/** The theme that the page shows now. */
export function themeName(): string {
  return isDark() ? 'drydock-dark' : 'drydock-light';
}

/** Reads the tokens as they are on the page now and makes the theme in force from them. */
export function defineThemes(monaco: typeof Monaco): void {
  const probe = document.createElement('span');
  document.body.append(probe);
  const hex = (token: string) => {
    probe.style.color = `var(${token})`;
    const numbers = getComputedStyle(probe).color.match(/\d+(?:\.\d+)?/g) ?? [];
    return numbers
      .slice(0, 3)
      .map((number) => Math.round(Number(number)).toString(16).padStart(2, '0'))
      .join('');
  };
  const [ink, faint, sea, green, indigo, violet] = [
    '--ink',
    '--ink-3',
    '--sea',
    '--done',
    '--layer-3',
    '--layer-4',
  ].map(hex);
  const [ground, raised, line, wash, soft, edge, wrong] = [
    '--raised',
    '--paper',
    '--line',
    '--wash',
    '--sea-soft',
    '--edge',
    '--wrong',
  ].map((token) => `#${hex(token)}`);
  probe.remove();
  const rule = (token: string, foreground: string | undefined) => ({ token, foreground: foreground ?? '' });
  const colors = {
    'editor.background': ground,
    'editor.foreground': `#${ink}`,
    'editorLineNumber.foreground': `#${faint}`,
    'editorLineNumber.activeForeground': `#${ink}`,
    'editor.lineHighlightBackground': wash,
    'editor.lineHighlightBorder': '#00000000',
    'editor.selectionBackground': soft,
    'editorCursor.foreground': `#${sea}`,
    'editorError.foreground': wrong,
    'editorWidget.background': raised,
    'editorWidget.border': edge,
    'editorHoverWidget.background': raised,
    'editorHoverWidget.border': edge,
    'editorSuggestWidget.background': raised,
    'editorSuggestWidget.border': edge,
    'editorSuggestWidget.selectedBackground': soft,
    'editorSuggestWidget.selectedForeground': `#${ink}`,
    'editorSuggestWidget.highlightForeground': `#${sea}`,
    'editorSuggestWidget.focusHighlightForeground': `#${sea}`,
    'editorIndentGuide.background1': line,
    'input.background': ground,
    'input.border': edge,
    'list.hoverBackground': wash,
    'menu.background': raised,
    'menu.foreground': `#${ink}`,
    'menu.border': edge,
    focusBorder: `#${sea}`,
    'scrollbarSlider.background': `${edge}55`,
  };
  monaco.editor.defineTheme(themeName(), {
    base: isDark() ? 'vs-dark' : 'vs',
    inherit: true,
    rules: [
      rule('', ink),
      rule('comment', faint),
      rule('keyword', sea),
      rule('string', green),
      rule('string.yaml', green),
      rule('number', indigo),
      rule('type', violet),
      rule('tag', violet),
      rule('attribute.name', indigo),
      rule('variable', indigo),
      rule('delimiter', ink),
    ],
    colors: Object.fromEntries(Object.entries(colors).map(([name, value]) => [name, value ?? '#000000'])),
  });
}

function isDark(): boolean {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
}

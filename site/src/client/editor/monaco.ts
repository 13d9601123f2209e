/** Monaco with our settings, languages and themes. A chunk of its own, loaded only once the editor is opened. */
import 'monaco-editor/features/bracketMatching/register.js';
import 'monaco-editor/features/caretOperations/register.js';
import 'monaco-editor/features/clipboard/register.js';
import 'monaco-editor/features/codeEditor/register.js';
import 'monaco-editor/features/codicon/register.js';
import 'monaco-editor/features/comment/register.js';
import 'monaco-editor/features/contextmenu/register.js';
import 'monaco-editor/features/cursorUndo/register.js';
import 'monaco-editor/features/find/register.js';
import 'monaco-editor/features/folding/register.js';
import 'monaco-editor/features/gotoError/register.js';
import 'monaco-editor/features/hover/register.js';
import 'monaco-editor/features/indentation/register.js';
import 'monaco-editor/features/linesOperations/register.js';
import 'monaco-editor/features/multicursor/register.js';
import 'monaco-editor/features/quickCommand/register.js';
import 'monaco-editor/features/smartSelect/register.js';
import 'monaco-editor/features/snippet/register.js';
import 'monaco-editor/features/suggest/register.js';
// What its name promises and does not bring: suggestions while one types.
import 'monaco-editor/editor/contrib/suggest/browser/suggestController.js';
import 'monaco-editor/features/toggleTabFocusMode/register.js';
import 'monaco-editor/features/tokenization/register.js';
import 'monaco-editor/features/unicodeHighlighter/register.js';
import 'monaco-editor/features/wordHighlighter/register.js';
import 'monaco-editor/features/wordOperations/register.js';
import 'monaco-editor/languages/definitions/css/register.js';
import 'monaco-editor/languages/definitions/dockerfile/register.js';
import 'monaco-editor/languages/definitions/html/register.js';
import 'monaco-editor/languages/definitions/ini/register.js';
import 'monaco-editor/languages/definitions/javascript/register.js';
import 'monaco-editor/languages/definitions/markdown/register.js';
import 'monaco-editor/languages/definitions/shell/register.js';
import 'monaco-editor/languages/definitions/yaml/register.js';
import EditorWorker from 'monaco-editor/editor/editor.worker.js?worker';
import * as monaco from 'monaco-editor/editor.js';
import { registerHints } from './monaco-hints.ts';
import { defineThemes, themeName } from './monaco-themes.ts';

export type CodeEditor = monaco.editor.IStandaloneCodeEditor;
export type CodeModel = monaco.editor.ITextModel;
export { monaco };

self.MonacoEnvironment = { getWorker: () => new EditorWorker() };

// Monaco's own JSON comes with a worker of 300 KB; colours are all that is needed here.
monaco.languages.register({ id: 'json', extensions: ['.json'] });
monaco.languages.setMonarchTokensProvider('json', {
  tokenizer: {
    root: [
      [/"(?:[^"\\]|\\.)*"(?=\s*:)/, 'type'],
      [/"(?:[^"\\]|\\.)*"/, 'string'],
      [/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/, 'number'],
      [/\b(?:true|false|null)\b/, 'keyword'],
      [/[{}[\],:]/, 'delimiter'],
    ],
  },
});
registerHints(monaco);

/** Draws an editor into an element. It has no file yet. */
export function createEditor(place: HTMLElement): CodeEditor {
  defineThemes(monaco);
  return monaco.editor.create(place, {
    model: null,
    theme: themeName(),
    ariaLabel: 'Editor',
    automaticLayout: true,
    fontFamily: '"IBM Plex Mono", ui-monospace, monospace',
    fontSize: 14,
    lineHeight: 21,
    minimap: { enabled: false },
    scrollBeyondLastLine: false,
    renderLineHighlight: 'line',
    tabSize: 2,
    wordWrap: 'on',
    fixedOverflowWidgets: true,
    padding: { top: 10, bottom: 10 },
    lineNumbersMinChars: 3,
    overviewRulerLanes: 0,
    // What is in a file is offered by its language's hints alone; words of the text only disturb.
    wordBasedSuggestions: 'off',
    accessibilityPageSize: 100,
  });
}

/** Takes up the page's theme, for all editors. */
export function followPageTheme(): void {
  defineThemes(monaco);
  monaco.editor.setTheme(themeName());
}

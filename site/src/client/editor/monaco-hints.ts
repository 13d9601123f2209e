/** Gives Monaco what is known of compose files and Dockerfiles: what to offer, what things mean, what is wrong. */
import type * as Monaco from 'monaco-editor/editor.js';
import { ruleAddress } from '../../dockerfile-rules.ts';
import { composeHints, composeMeaning } from './compose-hints.ts';
import { composeProblems } from './compose-problems.ts';
import { instructionOf, instructions, offersAt } from './dockerfile-hints.ts';
import { dockerfileProblems } from './dockerfile-problems.ts';
import { isCompose } from './languages.ts';

/** From the last key to the next look for problems. */
const lookAfterMs = 300;
/** A text longer than this is not looked through while one types. */
const longestText = 100_000;
const owner = 'drydock';

type Model = Monaco.editor.ITextModel;

export function registerHints(monaco: typeof Monaco): void {
  const { languages } = monaco;
  const rangeAt = (model: Model, { lineNumber, column }: Monaco.Position) => {
    const word = /[\w.-]*$/.exec(model.getLineContent(lineNumber).slice(0, column - 1))?.[0] ?? '';
    return new monaco.Range(lineNumber, column - word.length, lineNumber, column);
  };

  languages.registerCompletionItemProvider('yaml', {
    triggerCharacters: [' ', '-'],
    provideCompletionItems: (model, position) => ({
      suggestions: !isCompose(model.uri.path)
        ? []
        : composeHints(model.getValue(), position.lineNumber - 1, position.column - 1).map((hint) => ({
            label: hint.label,
            kind: languages.CompletionItemKind.Property,
            insertText: hint.insert,
            documentation: hint.about,
            range: rangeAt(model, position),
          })),
    }),
  });
  languages.registerHoverProvider('yaml', {
    provideHover: (model, { lineNumber, column }) => {
      const about = isCompose(model.uri.path) && composeMeaning(model.getValue(), lineNumber - 1, column - 1);
      return about ? { contents: [{ value: about }] } : null;
    },
  });

  languages.registerCompletionItemProvider('dockerfile', {
    triggerCharacters: ['-', '='],
    provideCompletionItems: (model, position) => {
      const { lineNumber, column } = position;
      const before = model.getLineContent(lineNumber).slice(0, column - 1);
      const range = rangeAt(model, position);
      if (before.slice(0, range.startColumn - 1).trim()) {
        const offers = offersAt(model.getValue(), lineNumber - 1, before);
        // A flag is replaced with its dashes, the name of a stage without what stands before it.
        const dashes = /(?:^|\s)(-[\w-]*)$/.exec(before)?.[1] ?? '';
        const place = dashes === '' ? range : new monaco.Range(lineNumber, column - dashes.length, lineNumber, column);
        return {
          suggestions: offers.map(({ label, insert, about }) => ({
            label,
            kind: languages.CompletionItemKind.Value,
            insertText: insert,
            documentation: about,
            range: place,
          })),
        };
      }
      return {
        suggestions: instructions.map(({ name, does, example }) => ({
          label: name,
          kind: languages.CompletionItemKind.Keyword,
          insertText: `${name} `,
          detail: example,
          documentation: does,
          range,
        })),
      };
    },
  });
  languages.registerHoverProvider('dockerfile', {
    provideHover: (model, { lineNumber, column }) => {
      const found = instructionOf(model.getLineContent(lineNumber));
      if (!found || column > found.length + 1) return null;
      const { name, does, example } = found.instruction;
      return { contents: [{ value: `**${name}** ${does}` }, { value: `\`\`\`dockerfile\n${example}\n\`\`\`` }] };
    },
  });

  monaco.editor.onDidCreateModel((model) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      if (model.isDisposed()) return;
      const version = model.getVersionId();
      const markers = await markersOf(monaco, model);
      // What was typed meanwhile is looked at later.
      if (!model.isDisposed() && model.getVersionId() === version) monaco.editor.setModelMarkers(model, owner, markers);
    };
    const changed = model.onDidChangeContent(() => {
      clearTimeout(timer);
      timer = setTimeout(() => void look(), lookAfterMs);
    });
    model.onWillDispose(() => {
      clearTimeout(timer);
      changed.dispose();
    });
    void look();
  });
}

async function markersOf(monaco: typeof Monaco, model: Model): Promise<Monaco.editor.IMarkerData[]> {
  const text = model.getValueLength() > longestText ? '' : model.getValue();
  const { Error: error, Warning: warning } = monaco.MarkerSeverity;
  if (!text.trim()) return [];
  if (model.getLanguageId() === 'dockerfile') {
    const problems = await dockerfileProblems(text);
    const lines = model.getLineCount();
    return problems.map(({ line, lastLine, message, rule }) => {
      const [first, last] = [Math.min(line, lines), Math.min(lastLine, lines)];
      return {
        startLineNumber: first,
        startColumn: model.getLineFirstNonWhitespaceColumn(first) || 1,
        endLineNumber: last,
        endColumn: model.getLineLastNonWhitespaceColumn(last) || 1,
        message,
        severity: rule === null ? error : warning,
        ...(rule !== null && {
          code: { value: rule, target: monaco.Uri.parse(`${location.origin}${ruleAddress(rule)}`) },
        }),
      };
    });
  }
  if (!isCompose(model.uri.path)) return [];
  return composeProblems(text).map(({ from, to, message }) => {
    const start = model.getPositionAt(from);
    const end = model.getPositionAt(to);
    return {
      startLineNumber: start.lineNumber,
      startColumn: start.column,
      endLineNumber: end.lineNumber,
      endColumn: end.column,
      message,
      severity: error,
    };
  });
}

import { css, type CSSResult } from 'lit';

/**
 * The styles that all elements share. An embedder may set every custom property read here, such as `--accent`. Each has a
 * default, light or dark by the page's `color-scheme`.
 */
export const shared: CSSResult = css`
  :host {
    --_words: var(--font-words, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif);
    --_code: var(--font-code, ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', Menlo, monospace);
    --_surface: var(--surface, light-dark(#ffffff, #1c1b19));
    --_raised: var(--raised, light-dark(#f3f1ed, #252421));
    --_hairline: var(--hairline, light-dark(#e3e0da, #35332f));
    --_edge: var(--edge, light-dark(#857f75, #8b867c));
    --_ink: var(--ink, light-dark(#1f1d1a, #edeae4));
    --_quiet: var(--ink-quiet, light-dark(#5f5a52, #b0aba1));
    --_accent: var(--accent, light-dark(#0b6e69, #56c5ba));
    --_accent-strong: var(--accent-strong, light-dark(#075551, #7ad8ce));
    --_accent-ink: var(--accent-ink, light-dark(#ffffff, #06211f));
    --_accent-ground: var(--accent-ground, light-dark(#e4f1ef, #14302d));
    --_ok: var(--ok, light-dark(#1d7039, #74c990));
    --_warn: var(--warn, light-dark(#835500, #e3b65a));
    --_error: var(--error, light-dark(#b0261e, #ff9a90));
    --_error-ground: var(--error-ground, light-dark(#fdf1ef, #2f1a18));
    --_blocked: var(--blocked, light-dark(#72398f, #cda6e8));
    --_motion: var(--motion, 120ms ease-out);
    display: block;
    font: 14px / 1.5 var(--_words);
    color: var(--_ink);
    text-align: start;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  *,
  *::before {
    box-sizing: border-box;
  }
  h2,
  h3,
  h4,
  p,
  ul,
  dl,
  dd,
  fieldset,
  legend {
    margin: 0;
    padding: 0;
  }
  ul {
    list-style: none;
  }
  fieldset {
    border: 0;
    min-width: 0;
  }
  h2 {
    font-size: 20px;
    font-weight: 600;
    line-height: 1.35;
  }
  h3 {
    font-size: 16px;
    font-weight: 600;
    line-height: 1.35;
  }
  h4,
  legend,
  .label {
    font-size: 13px;
    font-weight: 600;
    color: var(--_quiet);
  }
  h4 {
    margin-block-end: 4px;
  }
  .quiet {
    color: var(--_quiet);
  }
  .small {
    font-size: 13px;
  }
  .code {
    font: 13px / 1.35 var(--_code);
    font-variant-numeric: tabular-nums;
    overflow-wrap: anywhere;
  }
  .wraps {
    overflow-wrap: anywhere;
  }
  .error {
    color: var(--_error);
  }
  .warn {
    color: var(--_warn);
  }
  .ok {
    color: var(--_ok);
  }
  .blocked {
    color: var(--_blocked);
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
  }
  .notice {
    padding: 8px 12px;
    border: 1px solid var(--_error);
    border-radius: 6px;
    background: var(--_error-ground);
    overflow-wrap: anywhere;
  }
  button,
  input,
  select {
    font: inherit;
    color: inherit;
  }
  button,
  select,
  .field {
    min-height: 32px;
    padding: 0 12px;
    border: 1px solid var(--_edge);
    border-radius: 6px;
    background: var(--_surface);
    transition: background-color var(--_motion);
  }
  .field {
    width: 100%;
    min-width: 0;
    padding: 0 8px;
  }
  .field[aria-invalid='true'] {
    border-color: var(--_error);
  }
  button {
    cursor: pointer;
    white-space: nowrap;
  }
  button:hover {
    background: var(--_raised);
  }
  .primary {
    font-weight: 600;
    border-color: var(--_accent);
    background: var(--_accent);
    color: var(--_accent-ink);
  }
  .primary:hover {
    border-color: var(--_accent-strong);
    background: var(--_accent-strong);
  }
  .bare {
    min-height: 24px;
    padding: 0 8px;
    border-color: transparent;
    background: none;
    color: var(--_accent);
    font-size: 13px;
  }
  .bare:hover {
    color: var(--_accent-strong);
  }
  :focus-visible {
    outline: 2px solid var(--_accent);
    outline-offset: 2px;
  }
  a {
    color: var(--_accent);
  }
  p:empty {
    display: none;
  }
  summary {
    cursor: pointer;
    font-size: 13px;
    min-height: 24px;
    color: var(--_accent);
  }
  input[type='checkbox'],
  input[type='radio'] {
    width: 16px;
    height: 16px;
    margin: 0;
    accent-color: var(--_accent);
  }
  progress {
    display: block;
    width: 100%;
    height: 4px;
    border: 0;
    border-radius: 2px;
    appearance: none;
    overflow: hidden;
    background: var(--_hairline);
  }
  progress::-webkit-progress-bar {
    background: var(--_hairline);
  }
  progress::-webkit-progress-value {
    background: var(--_accent);
  }
  progress::-moz-progress-bar {
    background: var(--_accent);
  }
  progress:indeterminate {
    background: repeating-linear-gradient(90deg, var(--_accent) 0 8px, var(--_hairline) 8px 16px);
  }
  progress:indeterminate::-webkit-progress-bar {
    background: none;
  }
  progress:indeterminate::-moz-progress-bar {
    background: none;
  }
`;

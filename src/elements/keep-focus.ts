/**
 * Keeps Tab inside a dialog. Without this, Firefox moves the focus from the last control to the browser's own, and back to
 * the last control, never to the first.
 */
export function keepFocus(event: KeyboardEvent): void {
  if (event.key !== 'Tab') return;
  const dialog = event.currentTarget as HTMLElement; // the one it is bound to
  const stops = dialog.querySelectorAll<HTMLElement>('summary, button, input:checked');
  const [first, last] = [stops[0], stops[stops.length - 1]];
  const [from, to] = event.shiftKey ? [first, last] : [last, first];
  if (event.target !== from) return;
  event.preventDefault();
  to?.focus();
}

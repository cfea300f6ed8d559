const beatMs = 260;

/** Waits a moment, so that a person can follow; not at all for those who asked for less motion. */
export function pause(ms = beatMs): Promise<void> {
  const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  return new Promise((resolve) => setTimeout(resolve, isCalm ? 0 : ms));
}

/** Clicks an element as a person would. */
export async function press(element: HTMLElement | null): Promise<void> {
  if (element === null) return;
  await pointAt(element);
  element.click();
  await pause();
}

/** Types a value into an input and leaves it. */
export async function fill(
  input: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement | null,
  value: string,
): Promise<void> {
  if (input === null) return;
  await pointAt(input);
  input.value = value;
  input.dispatchEvent(new Event('input', { bubbles: true }));
  input.dispatchEvent(new Event('change', { bubbles: true }));
  await pause();
}

async function pointAt(element: HTMLElement): Promise<void> {
  element.scrollIntoView({ block: 'nearest' });
  element.classList.add('touched');
  setTimeout(() => element.classList.remove('touched'), 900);
  await pause(120);
}

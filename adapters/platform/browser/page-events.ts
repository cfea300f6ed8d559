/** Listens where there is something to listen to; the result stops. */
export function listen(
  target: EventTarget | undefined,
  type: string,
  listener: (event: Event) => void,
): () => void {
  target?.addEventListener(type, listener);
  return () => target?.removeEventListener(type, listener);
}

/** The window, or the worker; nothing where there are no events, as on a server. */
export function pageTarget(): EventTarget | undefined {
  return typeof addEventListener === 'function' ? globalThis : undefined;
}

export function documentTarget(): Document | undefined {
  return typeof document === 'undefined' ? undefined : document;
}

/** Whether a `pagehide` leads into the back/forward cache, or a `pageshow` out of it. */
export function isPersisted(event: Event): boolean {
  return (event as PageTransitionEvent).persisted;
}

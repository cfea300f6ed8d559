import { ReflectionKind, Renderer } from 'typedoc';

/** Guides in the order in which they are best read; all other documents follow them. */
const reading = [
  'quick-start',
  'how-it-works',
  'strategies',
  'outbox-and-conflicts',
  'storages',
  'encryption',
  'server',
  'write-a-log-device',
  'write-a-storage-adapter',
  'write-a-transport',
  'write-a-server-store',
  'conformance',
  'simulator',
  'errors',
  'protocol',
  'command-line',
  'benchmarks',
  'storage-benchmarks',
];

/** Shows each document under its heading instead of its file name; the address stays that of the file. */
export function load(app) {
  app.renderer.on(Renderer.EVENT_BEGIN, ({ project }) => {
    const place = ({ name }) => (reading.includes(name) ? reading.indexOf(name) : reading.length);
    project.documents?.sort((a, b) => place(a) - place(b));
    project.childrenIncludingDocuments?.sort((a, b) => place(a) - place(b));
    for (const document of project.getReflectionsByKind(ReflectionKind.Document)) {
      const heading = /^# (.+)$/m.exec(document.content.map(({ text }) => text).join(''));
      if (heading) document.name = heading[1];
    }
  });
}

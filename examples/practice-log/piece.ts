import { concat, defineEntity, latest, manualField, merge, sum, union } from 'syncline';
import * as z from 'zod';

export const statuses = ['new', 'learning', 'ready'] as const;

const text = (lengthMax: number) => z.string().max(lengthMax);

/** A piece in the practice log: what it is, and how it is coming along. */
export const pieceSchema = z.object({
  id: z.string().min(1).max(200),
  composer: text(120).min(1),
  title: text(300).min(1),
  opus: text(120),
  key: text(60),
  /** Year of first publication; of the autograph where it came first; `null` where that is uncertain. */
  year: z.number().int().min(1000).max(2200).nullable(),
  status: z.enum(statuses),
  /** Practised so far. */
  minutes: z.number().int().min(0).max(1_000_000),
  /** Beats per minute. */
  tempo: z.number().int().min(20).max(400).nullable(),
  tags: z.array(text(40).min(1)).max(50),
  notes: text(20_000),
});

export type Piece = z.infer<typeof pieceSchema>;

/** Declared once; server and devices decide by the same rules. */
export const piece = defineEntity({
  name: 'piece',
  schema: pieceSchema,
  strategy: merge({
    fields: {
      '/minutes': sum(),
      '/notes': concat(),
      '/tags': union(),
      // Nobody but a musician knows which of two tempos is right.
      '/tempo': manualField(),
    },
    otherwise: latest(),
  }),
  indexes: ['composer'],
});

/** Who is who: the name of each replica, synced like everything else. */
export const device = defineEntity({
  name: 'device',
  schema: z.object({ id: z.string(), name: text(60).min(1) }),
});

export const entities = [piece, device];

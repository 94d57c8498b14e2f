/**
 * Writes a pg_dump archive in the custom format, version 1.14, uncompressed: one entry with the whole schema and data as
 * statements, and one table with data, as pg_restore and Lifeboat's own reader take it. For dumps of a rehearsal.
 */
export function writeArchive(database: string, statements: string): Buffer {
  const marker = 'lifeboat_dump_marker';
  const data = `1\t${database}\n\\.\n\n\n`;
  const entries = [
    {
      id: 1,
      kind: 'TABLE',
      tag: 'everything',
      section: 2,
      definition: `${statements}\nCREATE TABLE public.${marker} (id integer, database text);`,
      copy: '',
    },
    {
      id: 2,
      kind: 'TABLE DATA',
      tag: marker,
      section: 3,
      definition: '',
      copy: `COPY public.${marker} (id, database) FROM stdin;\n`,
    },
  ];
  return Buffer.concat([
    Buffer.from('PGDMP'),
    Buffer.from([1, 14, 0, 4, 8, 1]),
    int(0),
    ...[0, 0, 2, 10, 2, 126, 0].map(int),
    text(database),
    text('16.4'),
    text('16.4'),
    int(entries.length),
    ...entries.map(({ id, kind, tag, section, definition, copy }) =>
      Buffer.concat([
        int(id),
        int(kind === 'TABLE DATA' ? 1 : 0),
        text('1259'),
        text(String(16_000 + id)),
        text(tag),
        text(kind),
        int(section),
        text(definition),
        text(''),
        text(copy),
        text('public'),
        text(''),
        text(''),
        text('postgres'),
        text('false'),
        int(-1),
        // The offset is not known, as when pg_dump writes into a pipe.
        Buffer.from([kind === 'TABLE DATA' ? 1 : 3]),
        Buffer.alloc(8),
      ]),
    ),
    Buffer.from([1]),
    int(2),
    text(data),
    int(0),
  ]);
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt8(value < 0 ? 1 : 0);
  bytes.writeUInt32LE(Math.abs(value), 1);
  return bytes;
}

const text = (value: string) => Buffer.concat([int(Buffer.byteLength(value)), Buffer.from(value)]);

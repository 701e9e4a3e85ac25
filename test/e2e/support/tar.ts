// A tar archive with one file (POSIX ustar), for layers that a runtime can unpack.
export function tarWith(name: string, text: string): Uint8Array<ArrayBuffer> {
  const body = Buffer.from(text);
  const header = Buffer.alloc(512);
  const field = (at: number, value: string) => header.write(value, at, 'latin1');
  field(0, name);
  field(100, '0000644\0');
  field(108, '0000000\0');
  field(116, '0000000\0');
  field(124, `${body.length.toString(8).padStart(11, '0')}\0`);
  field(136, '00000000000\0');
  field(148, '        ');
  field(156, '0');
  field(257, 'ustar\x0000');
  const sum = header.reduce((total, byte) => total + byte, 0);
  field(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  const padding = Buffer.alloc(((512 - (body.length % 512)) % 512) + 1024);
  return new Uint8Array(Buffer.concat([header, body, padding]));
}

// The runtime's clock, moved by hand: what is remembered "for seconds" need not be waited for.

/** `after` puts the clock back. */
export function movableClock(after: (undo: () => void) => void): { advance(milliseconds: number): void } {
  const real = Date.now;
  let offset = 0;
  Date.now = () => real.call(Date) + offset;
  after(() => {
    Date.now = real;
  });
  return {
    advance(milliseconds) {
      offset += milliseconds;
    },
  };
}

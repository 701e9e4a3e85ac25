// The runtime's clock, moved by hand, so that tests need not wait for caches to expire.

/** @param after registers the function that restores the clock */
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

// Names how cost grows with the amount of work, from two measured points.

/** Below this exponent, the cost is taken to stay the same; around 1, to be in proportion. */
const NONE = 0.15;
const LINEAR = { from: 0.85, to: 1.15 };

/**
 * @param times how many times as much work
 * @param ratio how many times the cost
 * @returns the name of the exponent e in ratio = times^e
 */
export function growthName(times: number, ratio: number): string {
  const exponent = Math.log(ratio) / Math.log(times);
  if (exponent < NONE) return 'none';
  if (exponent < LINEAR.from) return 'less than linear';
  return exponent <= LINEAR.to ? 'linear' : 'more than linear';
}

import { describe, expect, test } from 'vitest';
import { growthName } from '../../scripts/bench/growth_name.ts';

describe('how cost grows with the amount of work', () => {
  test.each([
    [1000, 1.4, 'none'],
    [64, 0.9, 'none'],
    [64, 15.8, 'less than linear'],
    [64, 70, 'linear'],
    [10, 9.5, 'linear'],
    [10, 100, 'more than linear'],
  ])('%i times the work at %f times the cost', (times, ratio, name) => {
    expect(growthName(times, ratio)).toBe(name);
  });
});

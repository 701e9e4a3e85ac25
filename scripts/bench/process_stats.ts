// The CPU time and memory of processes on this machine, from Linux's /proc; not available elsewhere.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** In microseconds: Linux counts in hundredths of a second. */
const TICK = 10_000;

/** All processes below this one; none if there is no /proc. */
export function descendants(pid = process.pid): number[] {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
    return children.flatMap((child) => [child, ...descendants(child)]);
  } catch {
    return [];
  }
}

/** CPU time, in microseconds. */
export function cpuTime(pids: number[]): number {
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return sum + (Number(fields[11]) + Number(fields[12])) * TICK;
  }, 0);
}

/** Forgets the peak so far. */
export function resetPeak(pids: number[]): void {
  for (const pid of pids) writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** The peak resident size since `resetPeak`, in MiB. */
export function peakMemory(pids: number[]): number {
  return memory(pids, 'VmHWM');
}

/** The resident size now, in MiB. */
export function residentMemory(pids: number[]): number {
  return memory(pids, 'VmRSS');
}

function memory(pids: number[], field: string): number {
  return pids.reduce((sum, pid) => {
    const line = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(
      readFileSync(`/proc/${pid}/status`, 'utf8'),
    );
    return sum + Number(line?.[1]) / 1024;
  }, 0);
}

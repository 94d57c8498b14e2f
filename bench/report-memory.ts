import { readFileSync } from 'node:fs';

/** Loaded before a command that is measured: says at its end how much memory it had at the most. */
process.on('exit', () => {
  process.stderr.write(`peak ${peakKilobytes() * 1024} bytes\n`);
});

/**
 * Linux counts the memory of the parent, up to the moment of exec, into what getrusage calls the child's peak; VmHWM is
 * that of this program alone. Elsewhere there is only getrusage (kilobytes in libuv).
 */
function peakKilobytes(): number {
  try {
    const [, peak] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    if (peak !== undefined) return Number(peak);
  } catch {
    // There is no /proc.
  }
  return process.resourceUsage().maxRSS;
}

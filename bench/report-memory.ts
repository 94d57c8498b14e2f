/** Loaded before a command that is measured: says at its end how much memory it had at the most. */
process.on('exit', () => {
  // Kilobytes (libuv, uv_getrusage).
  process.stderr.write(`peak ${process.resourceUsage().maxRSS * 1024} bytes\n`);
});

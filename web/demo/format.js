// Bytes and times as people read them.

// bytes returns a number of bytes, such as "2.6 MB".
export function bytes(n) {
  for (const [unit, name] of [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"]]) {
    if (n >= unit) return `${n / unit < 10 ? (n / unit).toFixed(1) : Math.round(n / unit)} ${name}`;
  }
  return `${Math.round(n)} bytes`;
}

// duration returns a number of seconds, such as "2 min 5 s".
export function duration(seconds) {
  const s = Math.ceil(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

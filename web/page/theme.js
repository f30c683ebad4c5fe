// Sets the theme that was chosen before the first paint; the system's is the default.
try {
  const theme = JSON.parse(localStorage.getItem("chord.theme"));
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch { /* storage is off */ }

/* Before anything is painted: scripts run here, and the theme that was chosen last. */
{
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const theme = localStorage.getItem("understudy-theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch {
    // a browser that keeps nothing shows the system's theme
  }
}

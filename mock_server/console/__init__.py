"""The console at /__admin/ui: one page over the control API, rendered here once and kept up to date by its scripts."""

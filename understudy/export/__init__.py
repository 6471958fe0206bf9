"""A backend as files: answers as JSON, handlers for Mock Service Worker."""

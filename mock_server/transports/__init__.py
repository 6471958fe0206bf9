"""The only asynchronous code: HTTP in, HTTP out."""

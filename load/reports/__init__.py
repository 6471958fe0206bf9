"""Reports of a load run: each a function of a result (`load/schemas/result.json`) that gives a text. `page` needs matplotlib, `terminal` does not."""

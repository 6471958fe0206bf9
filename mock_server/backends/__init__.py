"""What documents can't say: one file per backend with `OPERATIONS`, operationId -> function of a Call."""

"""Contract checks of any real implementation, over the wire. Empty until `understudy check` comes."""

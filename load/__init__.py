"""Locust scenarios and their ledger. Empty until `understudy load` comes."""

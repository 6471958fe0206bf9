"""Guides: what they name (`extract`), where that is written down (`guide.yaml`), and what the documents carry of it (`trace`)."""

from understudy.guides.extractor import extract
from understudy.guides.facts import Fact, Facts
from understudy.guides.ledger import read, refresh, write
from understudy.guides.tracer import Finding, Trace, render, trace

__all__ = ["Fact", "Facts", "Finding", "Trace", "extract", "read", "refresh", "render", "trace", "write"]

"""The report for CI servers: JUnit's XML, one test case for each check, one suite for each layer."""

from collections.abc import Sequence
from xml.etree import ElementTree

from contract_tests.checks import LAYERS, Outcome
from contract_tests.findings import Finding
from contract_tests.report import Report
from contract_tests.reports.parts import findings_of, guide, loose, place, replay, script
from contract_tests.reports.texts import clean, flat, shown
from contract_tests.rules import described

__all__ = ["render"]


def render(report: Report) -> str:
    """A `testsuites` document. A finding that does not fail the run stands in its case's output, an accepted one skips its case."""
    root = ElementTree.Element("testsuites", name=clean(f"understudy check {report.backend}"), time=f"{report.seconds:.3f}")
    layers = {item.check.layer for item in report.outcomes} | {item.layer for item in loose(report)}
    for layer in sorted(layers, key=lambda name: (LAYERS.index(name) if name in LAYERS else len(LAYERS), name)):
        root.append(_suite(report, layer))
    _sum(root, root.findall("testsuite"))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _sum(node: ElementTree.Element, suites: Sequence[ElementTree.Element]) -> None:
    for name in ("tests", "failures", "errors", "skipped"):
        node.set(name, str(sum(int(suite.get(name, "0")) for suite in suites)))


def _suite(report: Report, layer: str) -> ElementTree.Element:
    outcomes = [item for item in report.outcomes if item.check.layer == layer]
    cases = [_case(report, item) for item in outcomes] + [_loose_case(report, item) for item in loose(report) if item.layer == layer]
    seconds = sum(item.seconds for item in outcomes)
    suite = ElementTree.Element("testsuite", name=clean(layer), timestamp=clean(report.started), time=f"{seconds:.3f}", tests=str(len(cases)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(sum(case.find(tag) is not None for case in cases)))
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in _facts(report).items():
        ElementTree.SubElement(properties, "property", name=clean(name), value=clean(value))
    suite.extend(cases)
    return suite


def _facts(report: Report) -> dict[str, str]:
    facts = {"backend": report.backend, "seed": str(report.seed), "version": report.version, "ended": report.ended}
    return {**facts, **{f"url.{name}": url for name, url in report.urls.items()}}


def _case(report: Report, outcome: Outcome) -> ElementTree.Element:
    check = outcome.check
    case = ElementTree.Element("testcase", classname=clean(f"{report.backend}.{check.layer}"), name=clean(check.id), time=f"{outcome.seconds:.3f}")
    found = findings_of(report, outcome)
    if outcome.state == "crashed":
        ElementTree.SubElement(case, "error", type="crash", message=flat(outcome.why, 240)).text = clean(outcome.why)
    elif outcome.state == "not checked":
        ElementTree.SubElement(case, "skipped", message=flat(outcome.why, 240))
    _found(report, case, found)
    return case


def _loose_case(report: Report, finding: Finding) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname=clean(f"{report.backend}.{finding.layer}"), name=clean(finding.id), time="0.000")
    _found(report, case, (finding,))
    return case


def _found(report: Report, case: ElementTree.Element, findings: Sequence[Finding]) -> None:
    deciding = [item for item in findings if _fails(report, item)]
    accepted = [item for item in findings if not item.counts]
    if deciding and not len(case):
        kinds = ", ".join(dict.fromkeys(item.severity for item in deciding))
        failure = ElementTree.SubElement(
            case, "failure", type=clean(f"{kinds}: {deciding[0].rule}"), message="; ".join(flat(item.title) for item in deciding[:3])
        )
        failure.text = "\n\n".join(_told(item) for item in deciding)
    elif accepted and len(accepted) == len(findings) and not len(case):
        ElementTree.SubElement(case, "skipped", message=f"accepted: {flat(accepted[0].accepted or '')}")
    if findings:
        ElementTree.SubElement(case, "system-out").text = "\n\n".join(_reproduction(report, item) for item in findings)


def _fails(report: Report, finding: Finding) -> bool:
    deciding = {"error": ("error",), "warning": ("error", "warning"), "never": ()}[report.fail_on]
    return finding.counts and finding.severity in deciding


def _told(finding: Finding) -> str:
    rule = described(finding.rule)
    facts = {
        "expected": shown(finding.expected), "seen": shown(finding.seen), "guide": guide(finding.clause),
        "document": place(finding.clause.place), "mend": rule.mend, "rule": f"{clean(finding.rule)}: {rule.says}",
    }  # fmt: skip
    return "\n".join((flat(finding.title), *(f"{name}: {value}" for name, value in facts.items() if value)))


def _reproduction(report: Report, finding: Finding) -> str:
    head = f"{finding.severity}{' (accepted)' if not finding.counts else ''} {clean(finding.id)}: {flat(finding.title)}"
    return "\n".join((head, *(script(item) for item in finding.evidence), f"again: {replay(report, finding)}"))

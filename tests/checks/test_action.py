"""The GitHub Action: what it runs is run here, with an `understudy` that writes down how it was called."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract_tests.deviations import read
from contract_tests.reports import FORMATS

ROOT = Path(__file__).resolve().parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step.get("name", step.get("uses")): step for step in ACTION["runs"]["steps"]}
CHECK = STEPS["Check"]
FAKE = """\
#!/bin/bash
printf '%s\\n' "$@" > "$CALLED"
for option in "$@"; do
  case "$option" in *=*.md) echo "## summary" > "${option#*=}" ;; esac
done
exit "$CODE"
"""


@dataclass(frozen=True)
class Ran:
    code: int
    called: list[str]
    summary: str
    outputs: dict[str, str]


def ran(folder: Path, code: int = 0, **inputs: str) -> Ran:
    """What the step does with these inputs."""
    command = folder / "understudy" / "bin" / "understudy"
    command.parent.mkdir(parents=True)
    command.write_text(FAKE)
    command.chmod(0o755)
    given = {name: item.get("default", "") for name, item in ACTION["inputs"].items()} | inputs
    values = {name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: given[found[1]], text) for name, text in CHECK["env"].items()}
    github = {"GITHUB_STEP_SUMMARY": str(folder / "summary"), "GITHUB_OUTPUT": str(folder / "output"), "CALLED": str(folder / "called"), "CODE": str(code)}
    environment = {**os.environ, **values, **github, "RUNNER_TEMP": str(folder)}
    done = subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", CHECK["run"]], env=environment, cwd=folder, check=False)
    outputs = dict(line.split("=", 1) for line in (folder / "output").read_text().splitlines())
    summary = (folder / "summary").read_text() if (folder / "summary").exists() else ""
    return Ran(done.returncode, (folder / "called").read_text().splitlines(), summary, outputs)


def test_it_checks_the_backend_at_its_urls(tmp_path: Path) -> None:
    found = ran(tmp_path, backend="my api.yaml", urls="gateway=http://localhost:3000\n\n  realtime=http://localhost:3001  \n")
    assert found.called[:6] == ["check", "my api.yaml", "--url", "gateway=http://localhost:3000", "--url", "realtime=http://localhost:3001"]
    assert found.called[6:8] == ["--fail-on", "error"]
    assert found.code == 0


def test_arguments_are_quoted_as_in_a_shell_and_none_is_a_script(tmp_path: Path) -> None:
    found = ran(tmp_path, backend="$(touch evil)", args="--auth 'admin=a:b c' --wait 60 \"--header\" X:$(touch evil);touch evil", urls="a=$(touch evil)")
    assert found.called[1:4] == ["$(touch evil)", "--url", "a=$(touchevil)"]
    assert found.called[4:9] == ["--auth", "admin=a:b c", "--wait", "60", "--header"]
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize(("code", "folder"), [(0, ""), (1, "my reports"), (2, ""), (3, "")])
def test_the_exit_code_is_the_checks_and_the_reports_are_told(tmp_path: Path, code: int, folder: str) -> None:
    found = ran(tmp_path, code, backend="a", reports=folder)
    assert Path(found.outputs["html"]) == (Path(folder) if folder else tmp_path / "understudy-reports") / "report.html"
    assert (found.code, found.outputs["exit-code"], found.summary) == (code, str(code), "## summary\n")
    written = {option.partition("=")[2] for option in found.called if option.partition("=")[0] in FORMATS}
    assert {found.outputs[name] for name in ("junit", "sarif", "html", "json")} <= written
    assert set(found.outputs) == set(ACTION["outputs"])


def test_every_output_and_input_is_described_and_used() -> None:
    text = yaml.safe_dump(ACTION["runs"])
    assert all(item["description"] for item in (*ACTION["inputs"].values(), *ACTION["outputs"].values()))
    assert all(f"${{{{ inputs.{name} }}}}" in text for name in ACTION["inputs"])
    assert {name: item["value"] for name, item in ACTION["outputs"].items()} == {name: f"${{{{ steps.check.outputs.{name} }}}}" for name in ACTION["outputs"]}


def test_no_script_contains_an_expression() -> None:
    assert not [step for step in ACTION["runs"]["steps"] if "${{" in step.get("run", "")]
    assert all(step["shell"] == "bash" for step in ACTION["runs"]["steps"] if "run" in step)


def test_it_installs_the_checkout_with_what_checks_need() -> None:
    assert '"$GITHUB_ACTION_PATH[check]"' in STEPS["Install Understudy, in an environment of its own"]["run"]


def test_its_formats_and_options_exist() -> None:
    assert set(re.findall(r'--report "(\w+)=', CHECK["run"])) <= set(FORMATS)
    command = pytest.importorskip("understudy.cli.check").command
    known = {name for parameter in command.params for name in parameter.opts}
    assert set(re.findall(r"(--[a-z-]+)", CHECK["run"])) <= known


def test_the_page_shows_fewer_than_ten_lines() -> None:
    text = (ROOT / "docs" / "check.md").read_text(encoding="utf-8")
    block = next(found for found in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "OWNER/understudy" in found)
    assert len(block.splitlines()) < 10
    assert set(yaml.safe_load(block)[0]["with"]) <= set(ACTION["inputs"])
    reports = text.split("\n## Reports\n")[1].split("\n## ")[0]
    assert set(re.findall(r"\| `(\w+)` \|", reports)) == set(FORMATS)


def test_the_pages_deviations_are_read(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "check.md").read_text(encoding="utf-8")
    path = tmp_path / "deviations.toml"
    path.write_text(re.findall(r"```toml\n(.*?)```", text, re.DOTALL)[0], encoding="utf-8")
    assert [(item.rule, item.subject, item.aspect) for item in read(path)] == [("agreement.detail", "getEvent", "price")]

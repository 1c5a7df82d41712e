"""What cannot be meant is refused before anything is read: exit code 4, what was typed, and what is there."""

import json
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.commands import Done, packcheck

TOKEN = "Q7-this-is-a-secret-token-9921"  # noqa: S105  of no server
AT_ONCE = 2
REFUSED: dict[str, tuple[list[str], str]] = {
    "missing kubeconfig": (["--kubeconfig={there}/missing.yaml"], r"missing\.yaml: there is no such file"),
    "folder as kubeconfig": (["--kubeconfig={there}/folder"], r"folder: it is a folder \(--kubeconfig-dir=.*folder\)"),
    "no YAML": (["--kubeconfig={there}/no-yaml"], r"no-yaml:4: it is no YAML, column 9"),
    "no kubeconfig": (
        ["--kubeconfig={there}/secret.yaml"],
        r"secret\.yaml:2: it is no kubeconfig: it is of kind Secret",
    ),
    "no current context": (
        ["--kubeconfig={there}/no-current"],
        r"no-current: no current-context is set; contexts that are there: prod-eu, prod-us, test \(--kube-context=NAME",
    ),
    "unknown context": (
        ["--kubeconfig={there}/good", "--kube-context=prod-asia"],
        r"--kube-context=prod-asia: no such context; there are: prod-eu, prod-us, test",
    ),
    "unknown context in a folder": (
        ["--kubeconfig-dir={there}/folder", "--kube-context=prod-asia"],
        r"--kube-context=prod-asia: no such context; there are: prod-eu, prod-us, test",
    ),
    "context without its user": (
        ["--kubeconfig={there}/no-user", "--kube-context=test"],
        r"no-user:\d+: context test: its user bob is not there \(users that are there: ann\)",
    ),
    "no kubeconfig of kubectl's": (
        ["--kube-context=test"],
        r"kubectl's rules \(KUBECONFIG, then ~/\.kube/config\) find no kubeconfig: name one with --kubeconfig=FILE",
    ),
    "missing folder": (["--kubeconfig-dir={there}/missing"], r"--kubeconfig-dir=.*missing: there is no such folder"),
    "no pod": (["--in-cluster"], r"--in-cluster: this is no pod: the environment has no KUBERNETES_SERVICE_HOST"),
    "missing artifacts": (["--artifacts={there}/missing"], r"--artifacts=.*missing: there is no such file or folder"),
    "nothing to list": (["--list-artifacts"], r"--list-artifacts goes with --artifacts=PATH"),
    "no kernel": (
        ["--artifacts={there}/folder", "--kernel=newest"],
        r"--kernel=newest: it is no kernel of Ubuntu's \(<base>-<ABI>-<flavour>: 6\.8\.0-60-generic\)",
    ),
    "unknown scenario": (
        ["--sandbox", "--scenario=packs/namespace-label"],
        r"there is no such scenario \(did you mean packs/namespace-labels\?\); there are: .*packs/namespace-labels",
    ),
    "unknown scenario with workers": (
        ["--sandbox", "--scenario=nothing", "-n2"],
        r"--scenario=nothing: there is no such scenario; there are: .*packs/namespace-labels",
    ),
    "unknown remedy": (
        ["--sandbox", "--plan", "--remedy=packs/namespace-labels=magic"],
        r"--remedy=packs/namespace-labels=magic: packs/namespace-labels has no such remedy; there are: label-namespace",
    ),
    "remedy without a scenario": (["--sandbox", "--remedy=label-namespace"], r"--remedy=label-namespace: "),
    "unknown severity": (["--sandbox", "--fail-on=severe"], r"--fail-on: invalid choice: 'severe' \(choose from"),
    "unknown class": (["--sandbox", "--allow=everything"], r"--allow: invalid choice: 'everything' \(choose from"),
    "typing error": (["--sandbx"], r"unrecognized arguments: --sandbx"),
    "value for a flag": (["--sandbox=edge"], r"--sandbox: ignored explicit argument 'edge'"),
    "no number": (["--sandbox", "--read-timeout=soon"], r"--read-timeout: 'soon' is not a number of seconds above 0"),
    "a run that is not named": (["--sandbox", "--undo="], r"--undo= names nothing: is a variable not set\?"),
    "a file that is not named": (["--kubeconfig="], r"--kubeconfig= names nothing"),
    "no waivers": (["--sandbox", "--waivers="], r"--waivers= names nothing"),
    "two runs to take back": (["--sandbox", "--undo=a", "--undo=b"], r"--undo is given twice: take one run back after"),
    "plan and remediate": (["--sandbox", "--plan", "--remediate"], r"--plan and --remediate exclude each other"),
    "rehearsal alone": (["--sandbox", "--dry-run"], r"--dry-run goes with --plan"),
    "remediating and stopping early": (
        ["--sandbox", "--remediate", "-x"],
        r"--remediate with -x or --maxfail is refused",
    ),
    "remediating with workers": (["--sandbox", "--remediate", "-n2"], r"--remediate with -n is refused"),
    "hosts over paramiko": (
        ["--hosts=paramiko://n1"],
        r"paramiko:// is refused: paramiko accepts host keys that nobody",
    ),
    "this machine as a host": (
        ["--hosts=local://"],
        r"local:// is refused: it would read the machine that runs packch",
    ),
    "a host's password": (["--hosts=ssh://ann:secret@n1"], r"ssh://ann:…@n1: passwords are never used; give ssh a key"),
    "hosts twice": (["--hosts=n1", "--hosts=n2"], r"--hosts is given twice: name all hosts in one, with commas"),
    "nodes of no cluster": (["--hosts=nodes"], r"--hosts=nodes: no cluster is named whose nodes they would be"),
    "no file of hosts": (["--hosts-file={there}/missing"], r"missing: No such file or directory"),
    "no host in a file": (["--hosts-file={there}/gate"], r"gate:1: .*this is no host spec"),
    "no ssh_config": (["--hosts=n1", "--ssh-config={there}/missing"], r"--ssh-config=.*missing: there is no such file"),
    "no ssh_config for no host": (
        ["--sandbox", "--ssh-config={there}/no"],
        r"--ssh-config=.*no: there is no such file",
    ),
    "no identity for no host": (
        ["--sandbox", "--ssh-identity-file={there}/no"],
        r"--ssh-identity-file=.*no: there is no such file",
    ),
    "no user for no host": (["--sandbox", "--ssh-user=-l"], r"'-l' is no user's name"),
    "no jump host for no host": (["--sandbox", "--ssh-jump=-J x"], r"write ssh://\[user@\]host\[:port\]"),
    "another connection": (["--hosts=n1", "--connection=ansible"], r"--connection: hosts are read over ssh://"),
    "gate that names what is not there": (
        ["--sandbox", "--gate={there}/gate"],
        r"--gate=.*gate: no such scenario: packs/nothing; there are: .*packs/namespace-labels",
    ),
    "file as run folder": (["--sandbox", "--run-dir={there}/good"], r"--run-dir=.*good is a file, no folder"),
}


def kubeconfig(user: str = "ann", current: str = "prod-eu") -> str:
    contexts = [("prod-eu", "ann"), ("prod-us", "ann"), ("test", user)]
    document: dict[str, Any] = {
        "current-context": current,
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:9"}}],
        "users": [{"name": "ann", "user": {"token": TOKEN}}],
        "contexts": [{"name": name, "context": {"cluster": "c", "user": user}} for name, user in contexts],
    }
    return json.dumps(document, indent=1)


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files and folders that can be named by mistake."""
    path = tmp_path_factory.mktemp("there")
    (path / "good").write_text(kubeconfig())
    (path / "no-user").write_text(kubeconfig(user="bob"))
    (path / "no-current").write_text(kubeconfig(current=""))
    (path / "no-yaml").write_text(f"apiVersion: v1\nusers:\n- {{token: {TOKEN}\ncontexts: [}}\n")
    (path / "secret.yaml").write_text(f"apiVersion: v1\nkind: Secret\ndata:\n  kubeconfig: {TOKEN}\n")
    (path / "gate").write_text("packs/namespace-labels\npacks/nothing\n")
    (path / "folder").mkdir()
    (path / "folder" / "good.yaml").write_text(kubeconfig())
    return path


@pytest.fixture(scope="module")
def runs(there: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Done]]:
    """Every command line that is refused, run; some at once, for each is a process."""
    folder = tmp_path_factory.mktemp("runs")

    def run(name: str) -> Done:
        arguments = [argument.format(there=there) for argument in REFUSED[name][0]]
        return packcheck(folder / name, *arguments, secrets=[TOKEN], HOME=str(there))

    with ThreadPoolExecutor(AT_ONCE) as threads:
        yield dict(zip(REFUSED, threads.map(run, REFUSED), strict=True))


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_before_anything_is_read_and_names_what_is_there(runs: dict[str, Done], name: str) -> None:
    done = runs[name]
    assert done.code == 4, done
    assert re.search(REFUSED[name][1], done.said), done
    assert done.left_nothing
    assert "collected" not in done.out


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_kubeconfig_that_may_not_be_read_is_refused(there: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine"
    path.write_text(kubeconfig())
    path.chmod(0)
    done = packcheck(tmp_path / "run", f"--kubeconfig={path}", HOME=str(there))
    assert done.code == 4
    assert "no permission to read it" in done.said


def test_other_plugins_options_are_theirs_where_no_scenario_can_be(tmp_path: Path) -> None:
    done = packcheck(tmp_path / "run", "--hosts=local://", "--ssh-config=no", checks="tests/domain/test_run.py")
    assert done.code == 0, done
    assert "passed" in done.out
    assert done.left_nothing

"""Credentials that stand beside what is edited in a file: in nothing that a run leaves or says, and undone exactly."""

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.commands import packcheck, texts

VALUES = """manifests:
  calico:
    env:
      calicoNode:
        FELIX_IPV6SUPPORT: "true"
    etcd:
      password: S3CRETone
      apiToken: "S3CRET/two"
"""
ESCAPED = VALUES.replace('"', '\\"').replace("\n", "\\n")
KERNEL = "6.8.0-57-generic"
OF_OS = f"r.io/edge/ubuntu:{KERNEL}"
FILES = {
    "p.json": f"""{{
  "metadata": {{"name": "p"}},
  "spec": {{
    "packs": [
      {{"name": "edge-native-byoi", "values": "options:\\n  system.uri: {OF_OS}\\n"}},
      {{
        "name": "cni-calico",
        "values": "{ESCAPED}"
      }}
    ]
  }}
}}
""",
    "q.yaml": f"""metadata: {{name: q}}
spec:
  packs:
  - name: cni-calico
    values: "{ESCAPED}"
  - name: edge-native-byoi
    values: |
      options:
        system.uri: {OF_OS}
""",
    "r/values.yaml": 'manifests: {calico: {env: {calicoNode: {FELIX_IPV6SUPPORT: "true"}}, etcd: {password: S3CRETfour}}}\n',
    "r/.arg": f"BASE_IMAGE=ann:S3CRETfive@r.io/x:{KERNEL}\nUPDATE_KERNEL=false\n",
    "s/Dockerfile": "FROM ubuntu:24.04\nRUN curl -u ann:S3CRETsix https://x/ -o y"
    f" && REG_TOKEN=S3CRETseven apt-get install -y linux-image-{KERNEL}\n",
}
SECRETS = ("S3CRETone", "S3CRET/two", "S3CRETfour", "S3CRETfive", "S3CRETsix", "S3CRETseven")
TOLD_BY = (*SECRETS, quote("S3CRET/two", safe=""))
FILE_OF = {"--plan": "plan.json", "--remediate": "changes.jsonl"}


@pytest.mark.parametrize("mode", ["--plan", "--remediate"])
def test_no_credential_beside_an_edit_is_told_and_the_edit_is_undone_exactly(mode: str, tmp_path: Path) -> None:
    there = tmp_path / "there"
    for name, text in FILES.items():
        path = there / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    done = packcheck(tmp_path / "run", f"--artifacts={there}", mode, "-vv", secrets=TOLD_BY)

    assert {"run.json", "report.html", "junit.xml", "summary.md", FILE_OF[mode]} <= {name for name, _ in texts(done)}
    edited = {name for name, text in FILES.items() if (there / name).read_text() != text}
    assert edited == ({"p.json", "q.yaml", "r/values.yaml", "s/Dockerfile"} if mode == "--remediate" else set())
    if mode == "--remediate":
        packcheck(tmp_path / "undo", f"--artifacts={there}", f"--undo={tmp_path / 'run'}", secrets=TOLD_BY)
        assert {name: (there / name).read_text() for name in FILES} == FILES

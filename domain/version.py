"""packcheck's version, for run.json, plan.json, the journal and the User-Agent; a test holds it to pyproject.toml's."""

VERSION = "0.1.0"

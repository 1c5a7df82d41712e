"""run.json: what is written can be read back, and is what the schema says."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.run import Run
from reports import record, schema
from tests.reports.samples import full, hostile, run


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    written = json.loads(schema.FILE.read_bytes())
    jsonschema.Draft202012Validator.check_schema(written)
    return jsonschema.Draft202012Validator(written)


def test_the_schema_in_the_repository_is_current() -> None:
    assert schema.FILE.read_bytes() == schema.text(), "python -m reports.schema writes it anew"


def test_every_field_of_the_schema_is_described() -> None:
    made = schema.schema()
    fields = {f"{name}.{field}" for name, made_of in made["$defs"].items() for field in made_of.get("properties", {})}
    assert fields == set(schema.FIELDS)
    assert made["$id"] == "urn:packcheck:run:1"


@pytest.mark.parametrize("told", [full(), run(), hostile("x")])
def test_runs_are_valid_and_come_back_as_they_were(
    told: Run, validator: jsonschema.Draft202012Validator, tmp_path: Path
) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(record.dump(told))
    validator.validate(json.loads(path.read_bytes()))
    assert record.load(path) == told


def test_the_file_says_as() -> None:
    assert json.loads(record.dump(full()))["targets"][0]["as"] == "ops@example"


@pytest.mark.parametrize(
    "change",
    [{"schema": "packcheck.run/2"}, {"mode": "guess"}, {"writes": "4"}, {"more": 1}, {"results": [{"scenario": "x"}]}],
)
def test_what_is_no_run_is_neither_valid_nor_read(
    change: dict[str, Any], validator: jsonschema.Draft202012Validator, tmp_path: Path
) -> None:
    other = {**json.loads(record.dump(full())), **change}
    assert not validator.is_valid(other)
    (tmp_path / "run.json").write_text(json.dumps(other))
    with pytest.raises(msgspec.ValidationError):
        record.load(tmp_path / "run.json")


def test_a_run_without_its_schema_is_not_valid(validator: jsonschema.Draft202012Validator) -> None:
    other = json.loads(record.dump(run()))
    del other["schema"]
    assert not validator.is_valid(other)


@given(st.text(st.characters(), max_size=20))
def test_any_text_can_be_written(text: str) -> None:
    written = json.loads(record.dump(hostile(text)))
    assert written["results"][0]["findings"][0]["subject"].encode() is not None


def test_names_that_are_no_utf8_are_written_as_escapes() -> None:
    written = json.loads(record.dump(hostile("f\udce4")))
    assert written["results"][0]["findings"][0]["evidence"] == {"f\\udce4": ["f\\udce4", {"f\\udce4": "f\\udce4"}]}

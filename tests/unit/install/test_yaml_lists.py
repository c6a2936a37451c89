"""One entry more in packages.yml, and the same file again without it, byte for byte."""

from __future__ import annotations

import pytest
import yaml

from insitu.errors import ConfigurationError
from insitu.install.yaml_lists import added, entries, without

ENTRY = {"local": "packages/insitu"}
HUB = "  - package: dbt-labs/dbt_utils  # pinned\n    version: [\">=1.1.0\", '<2.0.0']\n"
FILES = {
    "block": f"# What we use.\npackages:\n{HUB}",
    "not indented": "packages:\n- package: a/b\n  version: 1.0.0\n",
    "comments and blank lines after it": f"packages:\n{HUB}  # - local: old\n\n# the end\n",
    "a key after it": f"packages:\n{HUB}\n# other projects\nprojects:\n  - name: upstream\n",
    "no end of the last line": "packages:\n  - local: a",
    "no end of the last line, and nothing in it": "packages:",
    "windows": "packages:\r\n  - local: a\r\n  - local: b\r\n",
    "flow": "packages: [{local: a}, {local: b}]\n",
    "flow over lines": "packages: [\n  {local: a},\n  {local: b}\n]\n",
    "flow, empty": "packages: []\n",
    "empty list": "packages:\n# nothing yet\n",
    "entries in flow style": "packages:\n  - {git: 'https://x', revision: main}   # ours\n",
    "deep": "packages:\n  - git: x\n    env:\n      a: [1,\n        2]\n",
    "jinja": "packages:\n  - git: \"{{ env_var('GIT') }}/x\"\n    revision: '1.0'\n",
    "entries far in": "packages:\n      - local: a\n      - local: b\n",
    "a document's start": "---\npackages:\n  - local: a\n",
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_added_and_taken_out_again(text: str) -> None:
    new = added(text, "packages", ENTRY)
    assert entries(new, "packages") == [*entries(text, "packages"), ENTRY]
    kept = iter(new.splitlines())
    if "flow" not in text and not text.startswith("packages: ["):
        assert all(line in kept for line in text.splitlines())  # every line is still there, in order
    assert without(new, "packages", ENTRY) == text


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_in_the_middle(text: str) -> None:
    new = added(added(text, "packages", ENTRY), "packages", {"local": "after"})
    assert entries(without(new, "packages", ENTRY), "packages") == [*entries(text, "packages"), {"local": "after"}]


def test_there_is_no_such_list_yet() -> None:
    for text in ("", "# nothing yet\n", "projects:\n  - name: upstream\n"):
        new = added(text, "packages", ENTRY)
        assert new == text + "# Added by `insitu init`.\npackages:\n  - local: packages/insitu\n"
        assert without(new, "packages", ENTRY) == text
    assert yaml.safe_load(added("projects: [{name: a}]", "packages", ENTRY)) == {
        "projects": [{"name": "a"}],
        "packages": [ENTRY],
    }


def test_an_entry_of_several_lines() -> None:
    lock = "packages:\n  - name: dbt_utils\n    package: dbt-labs/dbt_utils\n    version: 1.3.0\nsha1_hash: abc\n"
    new = added(lock, "packages", {**ENTRY, "name": "insitu"})
    assert "  - local: packages/insitu\n    name: insitu\nsha1_hash" in new
    assert without(new, "packages", {**ENTRY, "name": "insitu"}) == lock


@pytest.mark.parametrize("text", ["packages: &all\n  - local: a\nother: *all\n", "- packages\n", "packages: {a: 1}\n"])
def test_what_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"by hand|no mapping"):
        added(text, "packages", ENTRY)

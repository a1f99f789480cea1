import pytest

from headct.cohort.readers.declaration import Declaration, Keys, read_declaration
from headct.core.errors import CohortError


def test_a_cohort_without_a_declaration_is_as_usual(tmp_path):
    assert read_declaration(tmp_path) == Declaration()


def test_all_of_it_is_read(tmp_path):
    (tmp_path / "cohort.toml").write_text(
        'kind = "hospital"\nlabels = ["subdural"]\nrules = "rules.csv"\n'
        'mask_names = "epidural"\n[keys]\nfindings = ["Befund"]\nphysician = "Arzt"\n'
    )

    for path in (tmp_path, tmp_path / "table.csv"):
        assert read_declaration(path) == Declaration(
            kind="hospital",
            keys=Keys(findings=("Befund",), physician=("Arzt",)),
            labels=("subdural",),
            rules=tmp_path / "rules.csv",
            mask_names=("epidural",),
        )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind = x", "line 1"),
        ("sort = 'x'", "unknown key sort"),
        ("labels = ['stroke']", "unknown label 'stroke'"),
        ("labels = 1", "expected a list of texts"),
        ("kind = 1", "expected a text"),
        ("[keys]\nbefund = ['x']", "befund"),
        ("keys = 1", "no names"),
    ],
)
def test_what_is_not_known_is_refused(tmp_path, text, said):
    (tmp_path / "cohort.toml").write_text(text)

    with pytest.raises(CohortError, match=rf"cohort\.toml: .*{said}"):
        read_declaration(tmp_path)
